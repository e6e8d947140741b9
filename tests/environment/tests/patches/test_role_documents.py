import copy
import json

from moto.iam.models import iam_backends

from example_templates import ROLE, template
from stack_steps import change

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def with_policy():
    """A template with a role that has an inline policy."""
    role = copy.deepcopy(ROLE)
    role["Properties"]["Policies"] = [{"PolicyName": "inline", "PolicyDocument": DOCUMENT}]
    return template({"Role": role})


def test_moto_has_no_json(unpatched):
    unpatched.client("cloudformation").create_stack(StackName="stack", TemplateBody=with_policy())
    (role,) = iam_backends[unpatched.id]["aws"].roles.values()
    assert not isinstance(role.policies["inline"], str)


def test_patched_document_is_json(account):
    change(account.client("cloudformation"), with_policy())
    (role,) = iam_backends[account.id]["aws"].roles.values()
    assert json.loads(role.policies["inline"]) == DOCUMENT
    found = account.client("iam").get_role_policy(RoleName="function", PolicyName="inline")
    assert found["PolicyDocument"] == DOCUMENT
