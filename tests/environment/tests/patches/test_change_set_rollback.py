import pytest
from botocore.exceptions import ClientError

from example_templates import template


def test_moto_does_not_roll_back(unpatched):
    name = f"bucket-{unpatched.id}"
    unpatched.client("s3").create_bucket(Bucket=name)
    client = unpatched.client("cloudformation")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    client.create_change_set(
        StackName="stack",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        TemplateBody=template({"Bucket": bucket}),
    )
    with pytest.raises(ClientError):
        client.execute_change_set(ChangeSetName="change", StackName="stack")
    state = client.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"]
    assert "ROLLBACK" not in state


# With the patch: tests/deployment/test_stacks.py, test_failed_create_rolls_back_with_events and
# test_failed_update_rolls_back_to_former_template.
