"""S3 where moto differs from AWS: owners, Regions, listing, MFA delete."""

import re
from urllib.parse import unquote

from moto.s3.models import s3_backends

from access import buckets, callers
from strictaws import paging, wire

_NO_BUCKET = (None, "ListBuckets", "CreateBucket", "ListDirectoryBuckets")
_OBJECTS = re.compile(
    r"^(Get|Put|Head|Delete|List|Copy)Objects?(V2|Versions|Acl|Tagging|Attributes)?$|^HeadBucket$"
)
_READS = ("GetObject", "HeadObject")


class Buckets:
    """Handlers; the state is moto's, with MFA delete noted on the bucket."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("s3", "*"): self.guard}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "s3/unlocated"): self.set_unlocated}

    @staticmethod
    def set_unlocated(given):
        """Omit the Region of a bucket from lists, as AWS can."""
        partition, owner = s3_backends.bucket_accounts[given["bucket"]]
        bucket = s3_backends[owner][partition].buckets[given["bucket"]]
        bucket.environment_unlocated = True
        return {"ok": True}

    def guard(self, call, forward):
        """Reject what S3 rejects, then answer."""
        bucket = None
        if call.operation not in _NO_BUCKET and call.bucket in s3_backends.bucket_accounts:
            partition, owner = s3_backends.bucket_accounts[call.bucket]
            bucket = s3_backends[owner][partition].buckets.get(call.bucket)
            if bucket:
                self._check(call, bucket, owner)
        own = {
            "ListBuckets": self._list,
            "GetBucketVersioning": self._get_versioning,
            "PutBucketVersioning": self._put_versioning,
            "PutBucketPolicy": self._put_policy,
        }.get(call.operation)
        if own and (bucket or call.operation == "ListBuckets"):
            return own(call, forward, bucket)
        return forward()

    @staticmethod
    def _check(call, bucket, owner):
        expected = call.header("x-amz-expected-bucket-owner")
        if expected and expected != owner:
            raise wire.AwsError("AccessDenied", "Access Denied", 403)
        if bucket.policy or owner != call.account:
            Buckets._authorize(call, bucket, owner)
        if bucket.region_name != call.region and call.operation != "GetBucketLocation":
            raise wire.AwsError(
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified "
                "endpoint. Please send all future requests to this endpoint.",
                301,
                headers={"x-amz-bucket-region": bucket.region_name},
                members={
                    "Endpoint": f"s3.{bucket.region_name}.amazonaws.com",
                    "Bucket": bucket.name,
                },
            )

    @staticmethod
    def _authorize(call, bucket, owner):
        """Deny what the policy of a bucket does not allow.

        Only principals that are allowed to list the bucket learn whether an object exists.
        """
        caller, key = callers.of(call), _key(call)
        is_of_objects = _OBJECTS.match(call.operation)
        if owner != call.account and not is_of_objects:
            raise wire.AwsError("AccessDenied", "Access Denied", 403)
        if not is_of_objects:
            return  # the owner can always change the policy
        action, prefix = buckets.action_of(call.operation), call.arguments.get("prefix")
        allowed = buckets.may(caller, action, bucket.name, key, prefix)
        if allowed and call.operation in _READS and key not in bucket.keys:
            allowed = buckets.may(caller, "s3:ListBucket", bucket.name)
        if not allowed:
            raise wire.AwsError("AccessDenied", "Access Denied", 403)

    @staticmethod
    def _list(call, _, __):
        given = call.arguments
        size = given.get("max-buckets")
        if size is not None and not (size.isdigit() and 1 <= int(size) <= 10000):
            raise wire.AwsError("InvalidArgument", "max-buckets must be from 1 to 10000")
        prefix, region = given.get("prefix", ""), given.get("bucket-region")
        owned = s3_backends[call.account][call.partition].buckets
        buckets = [
            bucket
            for name, bucket in sorted(owned.items())
            if name.startswith(prefix) and region in (None, "", bucket.region_name)
        ]
        listing = f"buckets/{call.account}/{prefix}/{region or ''}"
        try:
            part, following = paging.page(
                buckets, listing, given.get("continuation-token"), int(size or 10000)
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError(
                "InvalidArgument", "The continuation token provided is incorrect"
            ) from problem
        # AWS names Regions only when the request has one of the parameters.
        asked = any(
            name in given
            for name in ("max-buckets", "prefix", "bucket-region", "continuation-token")
        )
        shown = []
        for bucket in part:
            entry = {"Name": bucket.name, "CreationDate": bucket.creation_date}
            if asked and not getattr(bucket, "environment_unlocated", False):
                entry["BucketRegion"] = bucket.region_name
            shown.append(entry)
        answer = {"Buckets": shown, "Owner": {"ID": f"{int(call.account):064x}"}}
        if prefix:
            answer["Prefix"] = prefix
        if following:
            answer["ContinuationToken"] = following
        return wire.xml_result(call, answer)

    @staticmethod
    def _get_versioning(call, _, bucket):
        answer = {}
        if bucket.versioning_status:
            answer["Status"] = bucket.versioning_status
        if getattr(bucket, "environment_mfa_delete", None):
            answer["MFADelete"] = bucket.environment_mfa_delete
        # botocore's model lacks the name of the root element; strict parsers want AWS's.
        response = wire.xml_result(call, answer)
        response.body = response.body.replace(
            b"GetBucketVersioningResponse", b"VersioningConfiguration"
        )
        return response

    @staticmethod
    def _put_versioning(call, forward, bucket):
        found = re.search(rb"<MfaDelete>\s*(\w+)\s*</MfaDelete>", call.body)
        if found and found.group(1) not in (b"Enabled", b"Disabled"):
            raise wire.AwsError("MalformedXML", "The XML you provided was not well-formed")
        response = forward()
        if found and response.status == 200:
            bucket.environment_mfa_delete = found.group(1).decode()
        return response

    @staticmethod
    def _put_policy(_, forward, __):
        """Put the policy: AWS returns 204 without a body; moto returns 200 with one.

        The model of botocore has no status for the operation; the example of the API reference has.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
        """
        response = forward()
        if response.status == 200:
            response.status, response.body = 204, b""
            response.headers.pop("Content-Length", None)
        return response


def _key(call):
    """The key of the object in a request, or None."""
    _, _, key = unquote(call.raw_path.lstrip("/")).partition("/")
    return key or None
