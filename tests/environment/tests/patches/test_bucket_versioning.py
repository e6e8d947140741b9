import pytest

from example_templates import template


def deploy(account, name, kind="CREATE", **properties):
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **properties}}
    change = {"StackName": "stack", "ChangeSetName": f"change-{kind.lower()}"}
    client = account.client("cloudformation")
    client.create_change_set(
        ChangeSetType=kind, TemplateBody=template({"Bucket": bucket}), **change
    )
    client.execute_change_set(**change)
    done = client.get_waiter(f"stack_{kind.lower()}_complete")
    done.wait(StackName="stack", WaiterConfig={"Delay": 0, "MaxAttempts": 20})


def versioning(account, name):
    return account.client("s3").get_bucket_versioning(Bucket=name).get("Status")


ENABLED = {"Status": "Enabled"}


def test_moto_ignores_versioning(unpatched):
    name = f"versions-{unpatched.id}"
    deploy(unpatched, name, VersioningConfiguration=ENABLED)
    assert versioning(unpatched, name) is None


def test_bucket_of_a_template_has_versions(account):
    name = f"versions-{account.id}"
    deploy(account, name, VersioningConfiguration=ENABLED)
    assert versioning(account, name) == "Enabled"
    made = account.client("s3").put_object(Bucket=name, Key="a", Body=b"")
    assert made["VersionId"]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [({"VersioningConfiguration": {"Status": "Suspended"}}, "Suspended"), ({}, "Suspended")],
)
def test_versioning_is_updated(account, properties, expected):
    name = f"versions-{account.id}"
    deploy(account, name, VersioningConfiguration=ENABLED)
    deploy(account, name, "UPDATE", **properties)
    assert versioning(account, name) == expected


def test_bucket_without_the_property_has_no_versions(account):
    name = f"versions-{account.id}"
    deploy(account, name)
    assert versioning(account, name) is None
