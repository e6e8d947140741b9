import json

import pytest
from moto.iam.models import IAMBackend

ARN = "arn:aws:iam::aws:policy/SecurityAudit"
TRUST = {"Version": "2012-10-17", "Statement": []}


class Backend:
    account_id, region_name, partition = "111122223333", "aws", "aws"


@pytest.fixture
def parsed(monkeypatch):
    """The lengths of the texts that are parsed."""
    lengths, loads = [], json.loads
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    monkeypatch.setattr(json, "loads", lambda text, **_: lengths.append(len(text)) or loads(text))
    return lengths


def shown(policy):
    """What answers show of a policy."""
    names = ("name", "arn", "path", "default_version_id", "create_date", "update_date")
    documents = [version.document for version in policy.versions]
    return [getattr(policy, name) for name in names] + documents


def test_moto_parses_the_policies_for_each_account(parsed, unpatched):
    IAMBackend._init_aws_policies(Backend())
    IAMBackend._init_aws_policies(Backend())
    assert len([length for length in parsed if length > 1_000_000]) == 2


def test_patched_policies_are_the_same_and_there_once(parsed, account):
    original = IAMBackend._init_aws_policies.__wrapped__(Backend())
    first = IAMBackend._init_aws_policies(Backend())
    del parsed[:]
    second = IAMBackend._init_aws_policies(Backend())
    assert parsed == []
    assert [shown(one) for one in second] == [shown(one) for one in original]
    assert first[0] is second[0]


def test_each_account_counts_its_own_attachments(monkeypatch, new_account):
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    one, two = new_account().client("iam"), new_account().client("iam")

    def count(client):
        return client.get_policy(PolicyArn=ARN)["Policy"]["AttachmentCount"]

    for client, names in ((one, ("a", "b")), (two, ("a",))):
        for name in names:
            client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
            client.attach_role_policy(RoleName=name, PolicyArn=ARN)
    one.detach_role_policy(RoleName="a", PolicyArn=ARN)
    one.delete_role(RoleName="a")
    assert (count(one), count(two)) == (1, 1)
    assert count(new_account().client("iam")) == 0
    held = one.list_attached_role_policies(RoleName="b")["AttachedPolicies"]
    assert held == [{"PolicyName": "SecurityAudit", "PolicyArn": ARN}]
