"""A change set that imports existing resources takes over a bucket of the account.

moto: creates every bucket, and fails where it exists.
AWS: with ``ImportExistingResources``, takes over resources with a literal name whose deletion
policy is to retain them.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
"""

from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

from deployment.stacks.resources import Takeover
from patches.bucket_versioning import set_versioning
from patches.registry import replaces


@replaces(FakeBucket, "create_from_cloudformation_json")
def create(original, cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Create the bucket, or take it over."""
    own = s3_backends[account_id][get_partition(region_name)].buckets.get(resource_name)
    is_retained = cloudformation_json.get("DeletionPolicy") == "Retain"
    if own is not None and Takeover.allowed and Takeover.named and is_retained:
        return own
    made = original(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    set_versioning(made, cloudformation_json)
    return made
