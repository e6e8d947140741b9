import pytest
from botocore.exceptions import ClientError

from example_templates import template


def test_moto_does_not_take_buckets_over(unpatched):
    name = f"bucket-{unpatched.id}"
    unpatched.client("s3").create_bucket(Bucket=name)
    client = unpatched.client("cloudformation")
    bucket = {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "Properties": {"BucketName": name},
    }
    client.create_change_set(
        StackName="stack",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        ImportExistingResources=True,
        TemplateBody=template({"Bucket": bucket}),
    )
    with pytest.raises(ClientError):
        client.execute_change_set(ChangeSetName="change", StackName="stack")


# With the patch: tests/deployment/test_stacks.py,
# test_existing_bucket_is_taken_over_only_by_import.
