"""``AWS::S3::BucketPolicy``."""

import json

from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from deployment.resource_types.added import Added


class BucketPolicy(Added):
    """The policy of a bucket."""

    TYPE, NAME = "AWS::S3::BucketPolicy", "Bucket"

    def put(self, properties, account, region):
        """Put the policy."""
        policy = json.dumps(properties["PolicyDocument"]).encode()
        backend = s3_backends[account][get_partition(region)]
        backend.put_bucket_policy(properties["Bucket"], policy)

    def remove(self, account, region):
        """Delete the policy."""
        s3_backends[account][get_partition(region)].delete_bucket_policy(self.name)
