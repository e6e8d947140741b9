"""Access to a bucket, for its account and for the principals that its policy allows.

The policy can also deny access to the account.
"""

from moto.s3.models import s3_backends

from access.callers import identity_statements
from access.policies import decision, statements_of

#: The actions of operations that are called otherwise.
_ACTIONS = {
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketReplication": "s3:GetReplicationConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "ListBuckets": "s3:ListAllMyBuckets",
    "HeadObject": "s3:GetObject",
    "GetObjectAttributes": "s3:GetObject",
    "CopyObject": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
}


#: The action on the KMS key of a bucket by the action on an object.
_OF_KEYS = {"s3:GetObject": "Decrypt", "s3:PutObject": "GenerateDataKey"}


def action_of(operation):
    """The IAM action of an operation of S3."""
    return _ACTIONS.get(operation, f"s3:{operation}")


def owner_of(name):
    """The account of a bucket with the bucket, or None of each."""
    partition, owner = s3_backends.bucket_accounts.get(name, (None, None))
    bucket = s3_backends[owner][partition].buckets.get(name) if owner else None
    return owner, bucket


def may(caller, action, name, key=None, prefix=None):
    """Whether a caller may do something with a bucket, or with an object where one is named."""
    owner, bucket = owner_of(name)
    if bucket is None:
        return False
    arn = f"arn:{caller.partition}:s3:::{name}" + ("" if key is None else f"/{key}")
    request = caller.request(action, arn, **{"s3:prefix": prefix})
    statements = statements_of(bucket.policy) if bucket.policy else []
    decided = decision(statements, request)
    allowed = decided == "Allow" or (decided is None and owner == caller.account)
    return allowed and may_use_key(caller, action, bucket)


def may_use_key(caller, action, bucket):
    """Whether a role may use the KMS key of a bucket, for the actions that need it.

    Key policies are not evaluated.
    """
    needed, key = _OF_KEYS.get(action), key_of(bucket)
    if needed is None or key is None or caller.role is None:
        return True
    service = f"s3.{bucket.region_name}.amazonaws.com"
    request = caller.request(f"kms:{needed}", key, **{"kms:ViaService": service})
    return decision(identity_statements(caller.role), request) == "Allow"


def key_of(bucket):
    """The ARN of the KMS key of a bucket's default encryption, or None."""
    rule = (bucket.encryption or {}).get("Rule", {})
    return rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
