import json

import pytest
from botocore.exceptions import ClientError

from example_templates import ROLE, template
from stack_steps import change

AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


@pytest.fixture(autouse=True)
def _policies_of_aws(monkeypatch):
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")


def role(arns, *inline, **more):
    policies = [
        {
            "PolicyName": name,
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "sns:*", "Resource": "*"}],
            },
        }
        for name in inline
    ]
    properties = {**ROLE["Properties"], "ManagedPolicyArns": arns, "Policies": policies, **more}
    return template({"Role": {**ROLE, "Properties": properties}})


def policies(account):
    iam = account.client("iam")
    inline = iam.list_role_policies(RoleName="function")["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName="function")["AttachedPolicies"]
    return inline, sorted(one["PolicyArn"] for one in attached)


def test_moto_ignores_managed_policies(unpatched):
    client = unpatched.client("cloudformation")
    client.create_stack(
        StackName="stack", TemplateBody=role([AUDIT]), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    assert policies(unpatched) == ([], [])


def test_moto_has_no_end_of_roles(unpatched):
    iam = unpatched.client("iam")
    for number in range(1001):
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument="{}")


def test_patched_roles_end(account):
    iam = account.client("iam")
    for number in range(1000):
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument="{}")
    with pytest.raises(ClientError) as refused:
        iam.create_role(RoleName="one-more", AssumeRolePolicyDocument="{}")
    assert refused.value.response["Error"]["Code"] == "LimitExceeded"


def test_patched_role_follows_its_properties(account):
    client = account.client("cloudformation")
    change(client, role([AUDIT], "one"))
    assert policies(account) == (["one"], [AUDIT])
    change(client, role([VIEW], "two", MaxSessionDuration=7200), "UPDATE")
    assert policies(account) == (["two"], [VIEW])
    found = account.client("iam").get_role(RoleName="function")["Role"]
    assert found["MaxSessionDuration"] == 7200
    trust = json.dumps(found["AssumeRolePolicyDocument"])
    assert "lambda.amazonaws.com" in trust
    client.delete_stack(StackName="stack")
    account.control("work/settle")
    assert account.client("iam").list_roles()["Roles"] == []


def test_patched_role_needs_policies_that_exist(account):
    missing = role(["arn:aws:iam::aws:policy/None"])
    assert change(account.client("cloudformation"), missing)["StackStatus"] == "ROLLBACK_COMPLETE"
