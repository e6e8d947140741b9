import json

import pytest
from moto.iam.models import IAMBackend


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


def test_patched_policies_are_the_same(parsed, account):
    original = IAMBackend._init_aws_policies.__wrapped__(Backend())
    first = IAMBackend._init_aws_policies(Backend())
    del parsed[:]
    second = IAMBackend._init_aws_policies(Backend())
    assert parsed == []
    assert [shown(one) for one in second] == [shown(one) for one in original]
    assert first[0] is not second[0]
