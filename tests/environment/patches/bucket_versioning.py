"""A bucket of a template has the versioning of its properties.

moto: ignores the property.
AWS: enables or suspends versioning.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from moto.s3.models import FakeBucket

from patches.registry import replaces


def set_versioning(bucket, cloudformation_json):
    """Give the bucket the versioning of its properties; `patches.bucket_takeover` creates it."""
    given = cloudformation_json.get("Properties", {}).get("VersioningConfiguration")
    if given:
        bucket.versioning_status = given["Status"]
    elif bucket.versioning_status == "Enabled":
        bucket.versioning_status = "Suspended"


@replaces(FakeBucket, "update_from_cloudformation_json")
def update(
    original,
    cls,
    original_resource,
    new_resource_name,
    cloudformation_json,
    account_id,
    region_name,
):
    """Update the bucket, and its versioning."""
    where = account_id, region_name
    bucket = original(cls, original_resource, new_resource_name, cloudformation_json, *where)
    set_versioning(bucket, cloudformation_json)
    return bucket
