import json

import pytest
from botocore.exceptions import ClientError

from example_templates import ROLE, alarm, template, topic
from organizations import Organization
from packs import allow, pack, record, rules
from stack_steps import change, topics

DENIED = "with an explicit deny in a service control policy"
OTHER = "eu-west-1"


@pytest.fixture
def organization(new_account):
    """An organization with stack sets; ``two`` members in a unit."""
    made = Organization(new_account)
    made.management.client("cloudformation").activate_organizations_access()
    return made


def deny(organization, target=None, **given):
    """A service control policy; of the unit, unless a target is named."""
    target = target or organization.unit
    return organization.management.control("organization/scp", target=target, **given)["id"]


def refusal(operation, **given):
    """Code and message of a refused call, or None."""
    try:
        operation(**given)
    except ClientError as refused:
        error = refused.response["Error"]
        return error["Code"], error["Message"]
    return None


@pytest.mark.parametrize(
    ("service", "operation", "given", "code", "action"),
    [
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", "ec2:DescribeVpcs"),
        ("sns", "list_topics", {}, "AccessDenied", "sns:ListTopics"),
        ("lambda", "list_functions", {}, "AccessDeniedException", "lambda:ListFunctions"),
        ("logs", "describe_log_groups", {}, "AccessDeniedException", "logs:DescribeLogGroups"),
        ("s3", "list_buckets", {}, "AccessDenied", "s3:ListAllMyBuckets"),
    ],
)
def test_calls_are_denied_in_the_words_of_their_service(
    organization, service, operation, given, code, action
):
    deny(organization, regions=[OTHER])
    member = organization.members[0]
    found = refusal(getattr(member.client(service, OTHER), operation), **given)
    assert found[0] == code
    user = f"arn:aws:iam::{member.id}:user/plumbline-test"
    assert f"User: {user} is not authorized to perform: {action} on resource: " in found[1]
    assert DENIED in found[1]
    assert ("Encoded authorization failure message: " in found[1]) == (service == "ec2")
    assert refusal(getattr(member.client(service), operation), **given) is None
    management = organization.management.client(service, OTHER)
    assert refusal(getattr(management, operation), **given) is None


def test_identity_of_the_caller_is_always_returned(organization):
    deny(organization)
    member = organization.members[0]
    assert member.client("sts").get_caller_identity()["Account"] == member.id


def test_target_is_an_account_or_all_below_a_unit_or_the_root(organization):
    one, two = organization.members
    outside = organization.add("outside", is_in_unit=False)

    def denied():
        calls = [account.client("sns").list_topics for account in (one, two, outside)]
        return [refusal(call) is not None for call in calls]

    identity = deny(organization, target=one.id)
    assert denied() == [True, False, False]
    organization.management.control("organization/scp", method="DELETE", id=identity)
    assert denied() == [False, False, False]
    deny(organization)
    assert denied() == [True, True, False]
    deny(organization, target=organization.root)
    assert denied() == [True, True, True]


def test_actions_and_principals_are_excepted(organization):
    member = organization.members[0]
    deny(organization, **{"except": ["sns:*"]})
    assert refusal(member.client("sns").list_topics) is None
    assert refusal(member.client("lambda").list_functions) is not None
    deny(organization, actions=["sns:*"], **{"except": ["arn:aws:iam::*:user/*"]})
    assert refusal(member.client("sns").list_topics) is None
    deny(organization, actions=["sns:*"], **{"except": ["arn:aws:iam::*:role/*"]})
    assert refusal(member.client("sns").list_topics) is not None


def test_policies_of_organizations_itself_count(organization):
    client, member = organization.client, organization.members[0]
    content = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "sns:*", "Resource": "*"}],
    }
    made = client.create_policy(
        Name="deny", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(content)
    )["Policy"]["PolicySummary"]["Id"]
    assert refusal(member.client("sns").list_topics) is None
    client.attach_policy(PolicyId=made, TargetId=organization.unit)
    assert refusal(member.client("sns").list_topics) is not None
    client.detach_policy(PolicyId=made, TargetId=organization.unit)
    assert refusal(member.client("sns").list_topics) is None
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=organization.unit)
    found = refusal(member.client("sns").list_topics)
    assert "because no service control policy allows the sns:ListTopics action" in found[1]


def protect(organization, names):
    """Denies changes of roles with these names but for those of stack sets."""
    statement = {
        "Effect": "Deny",
        "Resource": [f"arn:aws:iam::*:role/{names}", f"arn:aws:cloudformation:*:*:stack/{names}/*"],
        "Action": ["iam:DeleteRole", "iam:CreateRole", "cloudformation:DeleteStack"],
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/stacksets-exec-*"]}},
    }
    deny(organization, policy={"Version": "2012-10-17", "Statement": [statement]})


def test_resources_are_protected_by_name(organization):
    iam = organization.members[0].client("iam")
    trust = json.dumps(ROLE["Properties"]["AssumeRolePolicyDocument"])
    iam.create_role(RoleName="plumbline-member", AssumeRolePolicyDocument=trust, Path="/own/")
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust)
    protect(organization, "*plumbline-*")
    found = refusal(iam.delete_role, RoleName="plumbline-member")
    assert f"role/own/plumbline-member {DENIED}" in found[1]
    create = {"RoleName": "plumbline-new", "AssumeRolePolicyDocument": trust}
    assert refusal(iam.create_role, **create) is not None
    assert refusal(iam.delete_role, RoleName="other") is None
    client = organization.members[0].client("cloudformation")
    change(client, template({"Topic": topic("one")}), name="StackSet-plumbline-1")
    assert refusal(client.delete_stack, StackName="StackSet-plumbline-1") is not None


def stack_set(organization, inner, **more):
    """The states of the instances of a new stack set, by account and Region."""
    properties = {
        "StackSetName": "set",
        "PermissionModel": "SERVICE_MANAGED",
        "TemplateBody": inner,
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "OperationPreferences": {"FailureTolerancePercentage": 100},
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": [organization.unit]},
                "Regions": ["us-east-1", OTHER],
            }
        ],
        **more,
    }
    resource = {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
    client = organization.management.client("cloudformation")
    change(client, template({"Set": resource}))
    pages = client.pages("list_stack_instances", StackSetName="set")
    return {
        (one["Account"], one["Region"]): one.get("StatusReason")
        for page in pages
        for one in page["Summaries"]
    }


def test_stack_instances_are_denied_too(organization):
    one, two = organization.members
    deny(organization, target=one.id, regions=[OTHER], actions=["cloudformation:*"])
    deny(organization, target=two.id, regions=[OTHER], actions=["sns:CreateTopic"])
    found = stack_set(organization, template({"Topic": topic("one")}))
    assert found[one.id, "us-east-1"] is None and found[two.id, "us-east-1"] is None
    assert f"cloudformation:CreateStack on resource: * {DENIED}" in found[one.id, OTHER]
    assert "assumed-role/stacksets-exec-" in found[one.id, OTHER]
    assert "ResourceType:AWS::SNS::Topic" in found[two.id, OTHER]
    assert f"sns:CreateTopic on resource: * {DENIED}" in found[two.id, OTHER]
    assert topics(one) == topics(two) == ["one"]
    assert topics(two, "us-west-2") == []


def test_exempt_role_of_stack_sets_creates_what_others_may_not(organization):
    protect(organization, "*")
    found = stack_set(organization, template({"Role": ROLE}))
    assert found[organization.members[0].id, "us-east-1"] is None
    client = organization.members[0].client("cloudformation")
    assert change(client, template({"Role": ROLE}))["StackStatus"] == "ROLLBACK_COMPLETE"


def test_what_stacks_create_is_known_by_its_name(organization):
    protect(organization, "plumbline-*")
    client = organization.members[0].client("cloudformation")
    assert change(client, template({"Role": ROLE}))["StackStatus"] == "CREATE_COMPLETE"
    names = {"Name": {"Type": "String", "Default": "plumbline-1"}}
    ours = {**ROLE, "Properties": {**ROLE["Properties"], "RoleName": {"Ref": "Name"}}}
    made = change(client, template({"Role": ours}, Parameters=names), name="ours")
    assert made["StackStatus"] == "ROLLBACK_COMPLETE"


def test_resources_without_their_condition_are_not_asked_for(organization):
    deny(organization, actions=["cloudwatch:*"])
    client = organization.members[0].client("cloudformation")
    text = template(
        {"Topic": topic("one"), "Alarm": alarm("us-east-1", Condition="Never")},
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
    )
    assert change(client, text)["StackStatus"] == "CREATE_COMPLETE"


def test_packs_are_made_by_a_service_linked_role(organization):
    owner = organization.management
    for account in (owner, *organization.members):
        record(account)
        allow(owner, by=account)
    deny(organization)
    owner.client("config").put_organization_conformance_pack(
        OrganizationConformancePackName="pack", TemplateBody=pack(owner)
    )
    owner.control("work/settle")
    denied = organization.members[0].client("config").describe_config_rules
    assert DENIED in refusal(denied)[1]
    client = owner.client("config")
    client.describe_organization_conformance_pack_statuses()
    found = client.get_organization_conformance_pack_detailed_status(
        OrganizationConformancePackName="pack"
    )
    states = {one["Status"] for one in found["OrganizationConformancePackDetailedStatuses"]}
    assert states == {"CREATE_SUCCESSFUL"}
    assert rules(owner) == ["rule"]


def test_regions_that_a_member_has_not_enabled(organization):
    one, two = organization.members
    one.control("ec2/regions", regions=["us-east-1"])
    found = stack_set(organization, template({"Topic": topic("one")}))
    assert found[one.id, OTHER] == "The security token included in the request is invalid."
    assert found[one.id, "us-east-1"] is None and found[two.id, OTHER] is None
    owner = organization.management
    for account in (owner, *organization.members):
        record(account, OTHER)
        allow(owner, by=account, region=OTHER)
    client = owner.client("config", OTHER)
    client.put_organization_conformance_pack(
        OrganizationConformancePackName="pack", TemplateBody=pack(owner, region=OTHER)
    )
    owner.control("work/settle")
    client.describe_organization_conformance_pack_statuses()
    found = client.get_organization_conformance_pack_detailed_status(
        OrganizationConformancePackName="pack", Filters={"AccountId": one.id}
    )["OrganizationConformancePackDetailedStatuses"]
    assert [(state["Status"], state["ErrorCode"]) for state in found] == [
        ("CREATE_FAILED", "UnrecognizedClientException")
    ]


def test_regions_of_members_are_listed(organization):
    one = organization.members[0]
    one.control("ec2/regions", regions=["us-east-1", OTHER])

    def names(account, **given):
        pages = account.client("account").pages(
            "list_regions", RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"], **given
        )
        return {region["RegionName"] for page in pages for region in page["Regions"]}

    assert names(one) == {"us-east-1", OTHER}
    management = organization.management
    assert len(names(management)) > 10
    asked = {"AccountId": one.id}
    call = management.client("account").list_regions
    assert refusal(call, **asked)[0] == "AccessDeniedException"
    organization.client.enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    assert names(management, **asked) == {"us-east-1", OTHER}
    assert refusal(organization.members[1].client("account").list_regions, **asked) is not None
    organization.delegate(organization.members[1], "account.amazonaws.com")
    assert names(organization.members[1], **asked) == {"us-east-1", OTHER}


def test_parts_know_no_action_that_is_misspelt():
    from moto.core.utils import get_service_model

    from deployment.stacks.acting import _ACTIONS

    for action in _ACTIONS.values():
        service, operation = action.split(":")
        model = get_service_model({"states": "stepfunctions"}.get(service, service))
        assert operation in model.operation_names
