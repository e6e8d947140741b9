import pytest
from botocore.exceptions import ClientError

from deployment.stacks.calls import NO_CHANGES
from example_templates import ROLE, alarm, parameters, template, topic
from stack_steps import change, events, settled, topics

ABSENT = None
# State of the stack; whether CreateChangeSet creates one of type CREATE, and of type UPDATE.
STATES = [
    (ABSENT, True, False),
    ("REVIEW_IN_PROGRESS", True, False),
    ("CREATE_IN_PROGRESS", False, False),
    ("CREATE_COMPLETE", False, True),
    ("CREATE_FAILED", False, False),
    ("ROLLBACK_IN_PROGRESS", False, False),
    ("ROLLBACK_COMPLETE", False, False),
    ("ROLLBACK_FAILED", False, False),
    ("UPDATE_IN_PROGRESS", False, False),
    ("UPDATE_COMPLETE", False, True),
    ("UPDATE_ROLLBACK_IN_PROGRESS", False, False),
    ("UPDATE_ROLLBACK_COMPLETE", False, True),
    ("UPDATE_ROLLBACK_FAILED", False, False),
    ("IMPORT_COMPLETE", False, True),
    ("DELETE_IN_PROGRESS", False, False),
    ("DELETE_FAILED", False, False),
]
CONDITIONAL = template(
    {"Always": topic("always"), "Sometimes": topic("sometimes", Condition="IsOn")},
    Parameters={"Switch": {"Type": "String", "Default": "on"}},
    Conditions={"IsOn": {"Fn::Equals": [{"Ref": "Switch"}, "on"]}},
)


def in_state(account, state):
    """A client, and a stack in a state."""
    client = account.client("cloudformation")
    if state is not ABSENT:
        change(client, template({"Topic": topic("before")}))
        account.control("cloudformation/status", region="us-east-1", stack="stack", status=state)
    return client


@pytest.mark.parametrize(("state", "creates", "updates"), STATES)
@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_state_decides_about_change_sets(account, state, creates, updates, kind):
    client = in_state(account, state)
    given = {
        "StackName": "stack",
        "ChangeSetName": "next",
        "ChangeSetType": kind,
        "TemplateBody": template({"Topic": topic("after")}),
    }
    if creates if kind == "CREATE" else updates:
        assert client.create_change_set(**given)["Id"]
        return
    with pytest.raises(ClientError) as refused:
        client.create_change_set(**given)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    message = refused.value.response["Error"]["Message"]
    if kind == "CREATE":
        assert "already exists and cannot be created again" in message
    elif state is ABSENT:
        assert "does not exist" in message
    else:
        assert f"is in {state} state and can not be updated" in message


@pytest.mark.parametrize(("state", "creates", "updates"), STATES)
def test_state_is_described(account, state, creates, updates):
    client = in_state(account, state)
    if state is ABSENT:
        with pytest.raises(ClientError, match="does not exist"):
            client.describe_stacks(StackName="stack")
    else:
        found = client.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"]
        assert found == state


def test_create_makes_resources_and_events(account):
    client = account.client("cloudformation")
    stack = change(client, template({"Topic": topic("one")}))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert topics(account) == ["one"]
    states = [state for logical, state in events(client) if logical == "stack"]
    assert states == ["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_failed_create_rolls_back_with_events(account):
    client = account.client("cloudformation")
    text = template({"A": topic("one"), "B": alarm("eu-west-1", DependsOn="A")})
    assert change(client, text)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert topics(account) == []
    found = events(client)
    assert ("B", "CREATE_FAILED") in found
    states = [state for logical, state in found if logical == "stack"]
    assert states[1:] == ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]
    (failed,) = [
        one
        for one in client.describe_stack_events(StackName="stack")["StackEvents"]
        if one["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert failed["ResourceStatusReason"].startswith("Invalid region eu-west-1 specified")


def test_failed_update_rolls_back_to_former_template(account):
    client = account.client("cloudformation")
    change(client, template({"A": topic("one")}))
    text = template({"A": topic("one"), "C": topic("new"), "B": alarm("eu-west-1", DependsOn="C")})
    assert change(client, text, "UPDATE")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert topics(account) == ["one"]
    states = [state for logical, state in events(client) if logical == "stack"]
    assert states[-3:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    # It can be updated again from there.
    assert change(client, template({"A": topic("two")}), "UPDATE")["StackStatus"] == (
        "UPDATE_COMPLETE"
    )
    assert topics(account) == ["two"]


def test_conditions_are_evaluated_at_each_update(account):
    client = account.client("cloudformation")
    change(client, CONDITIONAL, Parameters=parameters(Switch="off"))
    assert topics(account) == ["always"]
    change(client, CONDITIONAL, "UPDATE", Parameters=parameters(Switch="on"))
    assert topics(account) == ["always", "sometimes"]
    change(client, CONDITIONAL, "UPDATE", Parameters=parameters(Switch="off"))
    assert topics(account) == ["always"]


def test_stack_with_false_condition_is_deleted(account):
    client = account.client("cloudformation")
    change(client, CONDITIONAL, Parameters=parameters(Switch="off"))
    identity = client.describe_stacks(StackName="stack")["Stacks"][0]["StackId"]
    client.delete_stack(StackName="stack")
    assert settled(client, identity)["StackStatus"] == "DELETE_COMPLETE"
    assert topics(account) == []


def test_change_set_without_changes_fails(account):
    client = account.client("cloudformation")
    change(client, CONDITIONAL, Parameters=parameters(Switch="on"))
    client.create_change_set(
        StackName="stack",
        ChangeSetName="same",
        ChangeSetType="UPDATE",
        TemplateBody=CONDITIONAL,
        Parameters=[{"ParameterKey": "Switch", "UsePreviousValue": True}],
    )
    found = client.describe_change_set(StackName="stack", ChangeSetName="same")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == NO_CHANGES


@pytest.mark.parametrize(("policy", "kept"), [("Retain", ["data"]), ("Delete", [])])
def test_deletion_policy_decides_about_removed_resources(account, policy, kept):
    client, s3 = account.client("cloudformation"), account.client("s3")
    name = f"data-{account.id}"
    bucket = {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": policy,
        "Properties": {"BucketName": name},
    }
    change(client, template({"Bucket": bucket, "Topic": topic("one")}))
    change(client, template({"Topic": topic("one")}), "UPDATE")
    found = [one["Name"].rpartition("-")[0] for one in s3.list_buckets()["Buckets"]]
    assert found == kept


@pytest.mark.parametrize("imports", [True, False])
def test_existing_bucket_is_taken_over_only_by_import(account, imports):
    client, s3 = account.client("cloudformation"), account.client("s3")
    name = f"data-{account.id}"
    s3.create_bucket(Bucket=name)
    bucket = {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "Properties": {"BucketName": name},
    }
    stack = change(client, template({"Bucket": bucket}), ImportExistingResources=imports)
    assert stack["StackStatus"] == ("CREATE_COMPLETE" if imports else "ROLLBACK_COMPLETE")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [name]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"Parameters": parameters(Other="1")}, r"Parameters: \[Other\] do not exist"),
        ({}, r"Parameters: \[Level\] must have values"),
        ({"Parameters": parameters(Level="3")}, "must be one of AllowedValues"),
        ({"Parameters": parameters(Level="1", Name="a b")}, "must match pattern"),
    ],
)
def test_parameters_are_checked(account, given, problem):
    text = template(
        {"Topic": topic("one")},
        Parameters={
            "Level": {"Type": "String", "AllowedValues": ["1", "2"]},
            "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "Default": "x"},
        },
    )
    with pytest.raises(ClientError, match=problem):
        account.client("cloudformation").create_change_set(
            StackName="stack",
            ChangeSetName="change",
            ChangeSetType="CREATE",
            TemplateBody=text,
            **given,
        )


def test_roles_need_capability(account):
    with pytest.raises(ClientError) as refused:
        account.client("cloudformation").create_change_set(
            StackName="stack",
            ChangeSetName="change",
            ChangeSetType="CREATE",
            TemplateBody=template({"Role": ROLE}),
        )
    assert refused.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"


def test_template_in_request_has_a_limit(account):
    text = template({"Topic": topic("x")}, Description="d" * 51_200)
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        account.client("cloudformation").create_change_set(
            StackName="stack", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=text
        )


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.com/a.yaml", "must be a supported URL"),
        ("https://none.s3.us-east-1.amazonaws.com/a.yaml", "S3 error: Access Denied"),
        ("https://{bucket}.s3.eu-west-1.amazonaws.com/a.yaml", "specified endpoint"),
        ("https://{bucket}.s3.us-east-1.amazonaws.com/b.yaml", "key does not exist"),
        ("https://{bucket}.s3.us-east-1.amazonaws.com/a.yaml", None),
        ("https://s3.us-east-1.amazonaws.com/{bucket}/a.yaml", None),
    ],
)
def test_template_in_bucket(account, url, problem):
    s3, bucket = account.client("s3"), f"code-{account.id}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a.yaml", Body=template({"Topic": topic("one")}))
    given = {
        "StackName": "stack",
        "ChangeSetName": "change",
        "ChangeSetType": "CREATE",
        "TemplateURL": url.format(bucket=bucket),
    }
    client = account.client("cloudformation")
    if problem is None:
        assert client.create_change_set(**given)["StackId"]
        return
    with pytest.raises(ClientError, match=problem):
        client.create_change_set(**given)


def test_stack_keeps_its_template(account):
    client = account.client("cloudformation")
    change(client, CONDITIONAL)
    given = {"StackName": "stack", "ChangeSetName": "off", "UsePreviousTemplate": True}
    client.create_change_set(**given, Parameters=parameters(Switch="off"))
    client.execute_change_set(ChangeSetName="off", StackName="stack")
    settled(client)
    assert topics(account) == ["always"]
    with pytest.raises(ClientError, match="do not exist in the template"):
        client.create_change_set(
            **{**given, "ChangeSetName": "new"}, Parameters=parameters(Other="x")
        )


def test_at_once_shows_no_progress(account):
    account.control("cloudformation/at-once", at_once=True)
    client = account.client("cloudformation")
    client.create_change_set(
        StackName="stack",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        TemplateBody=template({"Topic": topic("one")}),
    )
    client.execute_change_set(ChangeSetName="change", StackName="stack")
    found = client.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"]
    assert found == "CREATE_COMPLETE"
