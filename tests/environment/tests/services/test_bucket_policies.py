import json

import pytest
from botocore.exceptions import ClientError

from organizations import Organization


@pytest.fixture
def organization(new_account):
    """An organization; the first member has the register."""
    return Organization(new_account)


@pytest.fixture
def bucket(organization):
    """The register, in pieces, of which each account's roles may read its own."""
    owner, name = organization.members[0], f"register-{organization.members[0].id}"
    client = owner.client("s3")
    client.create_bucket(Bucket=name)
    for key in ("register.json", "accounts/default.json", "public/a"):
        client.put_object(Bucket=name, Key=key, Body=b"{}")
    reads = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [
            f"arn:aws:s3:::{name}/accounts/${{aws:PrincipalAccount}}.json",
            f"arn:aws:s3:::{name}/accounts/default.json",
        ],
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": organization.id},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/plumbline-*"},
        },
    }
    put(owner, name, reads)
    return name


def put(owner, name, *statements):
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    owner.client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


def as_role(account, name):
    account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    made = account.control("sts/session", role=name)
    return type(account)(account.application, account.id, made["access_key_id"])


def code(account, name, key, read="get_object"):
    """The status of a read."""
    try:
        getattr(account.client("s3"), read)(Bucket=name, Key=key)
    except ClientError as refused:
        return refused.response["ResponseMetadata"]["HTTPStatusCode"]
    return 200


def test_account_reads_its_own_object_as_the_right_role(organization, bucket, new_account):
    owner, member = organization.members
    for account in (owner, member):
        owner.client("s3").put_object(Bucket=bucket, Key=f"accounts/{account.id}.json", Body=b"")
    role = as_role(member, "plumbline-1-4")
    own, others = f"accounts/{member.id}.json", f"accounts/{owner.id}.json"
    for read in ("get_object", "head_object"):
        assert code(role, bucket, own, read) == 200
        assert code(role, bucket, "accounts/default.json", read) == 200
        assert code(role, bucket, others, read) == 403
        assert code(role, bucket, "register.json", read) == 403
    assert code(as_role(member, "other"), bucket, own) == 403
    assert code(member, bucket, own) == 403
    assert code(as_role(new_account(), "plumbline-1-4"), bucket, own) == 403
    assert code(owner, bucket, own) == 200
    assert code(owner, bucket, "none") == 404


def test_missing_object_is_visible_to_principals_that_may_list(organization, bucket):
    owner, member = organization.members
    lists = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{member.id}:root"},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    reads = {**lists, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    put(owner, bucket, reads)
    assert (code(member, bucket, "public/a"), code(member, bucket, "none")) == (200, 403)
    put(owner, bucket, reads, {**lists, "Condition": {"StringLike": {"s3:prefix": "public/*"}}})
    assert code(member, bucket, "none") == 403
    listed = member.client("s3").list_objects_v2(Bucket=bucket, Prefix="public/a")
    assert listed["KeyCount"] == 1
    with pytest.raises(ClientError, match="Access Denied"):
        member.client("s3").list_objects_v2(Bucket=bucket, Prefix="accounts/")
    put(owner, bucket, reads, lists)
    assert code(member, bucket, "none") == 404


def test_policy_may_deny_its_own_account(organization, bucket):
    owner = organization.members[0]
    denies = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/register.json",
    }
    plain = {
        **denies,
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    put(owner, bucket, denies, plain)
    assert code(owner, bucket, "register.json") == 403
    assert code(owner, bucket, "public/a") == 200


def test_policy_is_put_without_content(new_account):
    account = new_account()
    client = account.client("s3")
    client.create_bucket(Bucket=f"policy-{account.id}")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    done = client.put_bucket_policy(Bucket=f"policy-{account.id}", Policy=policy)
    assert done["ResponseMetadata"]["HTTPStatusCode"] == 204
