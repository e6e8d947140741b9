import json

import pytest

from example_templates import ROLE, template
from stack_steps import change

ALLOW = {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}


def policy(*statements, roles=True, name="policy"):
    properties = {
        "ManagedPolicyName": name,
        "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
        "Roles": [{"Ref": "Role"}] if roles else [],
    }
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
    return template({"Role": ROLE, "Policy": resource})


def found(account):
    """The documents of the account's policies, and how often each is attached."""
    iam = account.client("iam")
    policies = iam.list_policies(Scope="Local")["Policies"]
    return [
        (
            iam.get_policy_version(PolicyArn=one["Arn"], VersionId=one["DefaultVersionId"])[
                "PolicyVersion"
            ]["Document"]["Statement"],
            one["AttachmentCount"],
        )
        for one in policies
    ]


def test_moto_accepts_policies_of_any_length(unpatched):
    document = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Sid": "a" * 6144}]}
    unpatched.client("iam").create_policy(PolicyName="policy", PolicyDocument=json.dumps(document))


def test_moto_neither_updates_nor_deletes_them(unpatched):
    client = unpatched.client("cloudformation")
    given = {"StackName": "stack", "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    client.create_stack(TemplateBody=policy(ALLOW, roles=False), **given)
    with pytest.raises(Exception, match="."):
        client.delete_stack(StackName="stack")
        assert found(unpatched) == []


def test_patched_policy_follows_its_properties(account):
    client = account.client("cloudformation")
    change(client, policy(ALLOW))
    assert found(account) == [([ALLOW], 1)]
    denies = {**ALLOW, "Effect": "Deny"}
    for _ in range(6):  # there is no end of updates
        change(client, policy(denies, roles=False), "UPDATE")
        assert found(account) == [([denies], 0)]
        change(client, policy(ALLOW), "UPDATE")
    assert found(account) == [([ALLOW], 1)]
    change(client, policy(ALLOW, name="other"), "UPDATE")
    assert len(found(account)) == 1
    client.delete_stack(StackName="stack")
    account.control("work/settle")
    assert found(account) == []
    assert account.client("iam").list_roles()["Roles"] == []


def test_patched_policy_has_a_limit(account):
    long = policy({**ALLOW, "Sid": "a" * 6144})
    assert change(account.client("cloudformation"), long)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert found(account) == []
