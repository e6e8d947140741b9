import json

from moto.iam.access_control import PermissionResult
from moto.s3.models import s3_backends


def permission(account):
    """Whether a bucket that denies plain HTTP can be read."""
    name = f"bucket-{account.id}"
    client = account.client("s3")
    client.create_bucket(Bucket=name)
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{name}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    bucket = s3_backends[account.id]["aws"].buckets[name]
    return bucket.get_permission("s3:GetObject", f"arn:aws:s3:::{name}/key")


def test_moto_denies_everyone(unpatched):
    assert permission(unpatched) == PermissionResult.DENIED


def test_patched_statement_does_not_apply(account):
    assert permission(account) == PermissionResult.NEUTRAL
