"""What guardrails of organizations demand: permissions boundaries, VPCs and keys."""

import json

import pytest
from botocore.exceptions import ClientError

from access import buckets, callers
from example_templates import ROLE, function, template
from organizations import Organization
from stack_steps import change

TRUST = json.dumps(ROLE["Properties"]["AssumeRolePolicyDocument"])
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}],
}


def denied(organization, action, **condition):
    """Deny an action to an organization under a condition."""
    statement = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    organization.management.control("organization/scp", target=organization.root, policy=policy)


@pytest.fixture
def organization(new_account):
    """An organization."""
    return Organization(new_account)


def boundary(account):
    """A policy that is a permissions boundary."""
    iam = account.client("iam")
    return iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(ALLOWED))["Policy"][
        "Arn"
    ]


def with_vpc(account, **properties):
    """The state of a stack with a function in the account's default VPC."""
    ec2 = account.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    role = json.loads(json.dumps(ROLE))
    role["Properties"].update(properties)
    vpc = {"SubnetIds": [subnet], "SecurityGroupIds": [group]}
    made = template({"Role": role, "Function": function(VpcConfig=vpc)})
    return change(account.client("cloudformation"), made)["StackStatus"]


def test_a_boundary_is_demanded_and_has_to_exist(organization):
    denied(organization, "iam:CreateRole", Null={"iam:PermissionsBoundary": "true"})
    account = organization.members[0]
    iam = account.client("iam")
    with pytest.raises(ClientError, match="explicit deny in a service control policy"):
        iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST)
    missing = f"arn:aws:iam::{account.id}:policy/missing"
    with pytest.raises(ClientError, match="does not exist"):
        iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=missing)
    arn = boundary(account)
    iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)
    client = account.client("cloudformation")
    assert change(client, template({"Role": ROLE}))["StackStatus"] == "ROLLBACK_COMPLETE"
    role = json.loads(json.dumps(ROLE))
    role["Properties"]["PermissionsBoundary"] = arn
    assert change(client, template({"Role": role}), name="b")["StackStatus"] == "CREATE_COMPLETE"


def test_a_vpc_is_demanded(organization):
    denied(organization, "lambda:CreateFunction", Null={"lambda:VpcIds": "true"})
    account = organization.members[0]
    without = template({"Role": ROLE, "Function": function()})
    client = account.client("cloudformation")
    assert change(client, without, name="without")["StackStatus"] == "ROLLBACK_COMPLETE"
    policies = [{"PolicyName": "network", "PolicyDocument": ALLOWED}]
    assert with_vpc(account, Policies=policies) == "CREATE_COMPLETE"


def test_the_role_of_a_function_has_to_manage_network_interfaces(account):
    assert with_vpc(account) == "ROLLBACK_COMPLETE"


def test_a_role_needs_the_key_of_a_bucket(account):
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3, iam = account.client("s3"), account.client("iam")
    s3.create_bucket(Bucket=f"b-{account.id}")
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    }
    s3.put_bucket_encryption(
        Bucket=f"b-{account.id}", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl"}
    statement["Resource"] = f"arn:aws:s3:::b-{account.id}/*"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=f"b-{account.id}", Policy=policy)
    s3.put_object(Bucket=f"b-{account.id}", Key="a", Body=b"a")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)
    role = next(
        one for one in callers.iam_backends[account.id]["aws"].get_roles() if one.name == "reader"
    )
    caller = callers.Caller(account.id, "aws", role.arn, role.arn, role)
    assert not buckets.may(caller, "s3:GetObject", f"b-{account.id}", "a")
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="reader", PolicyName="key", PolicyDocument=policy)
    assert buckets.may(caller, "s3:GetObject", f"b-{account.id}", "a")
    assert not buckets.may(caller, "s3:PutObject", f"b-{account.id}", "a")
