import json

import pytest
from botocore.exceptions import ClientError


def create(account):
    """A function whose role trusts EC2."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    account.client("iam").create_role(
        RoleName="function", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return account.client("lambda").create_function(
        FunctionName="made",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{account.id}:role/function",
        Handler="a.b",
        Code={"ZipFile": b"code"},
    )


def test_moto_accepts_any_role(unpatched):
    assert create(unpatched)["FunctionName"] == "made"


def test_patched_role_has_to_trust_lambda(account):
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        create(account)
