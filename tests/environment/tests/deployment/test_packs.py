import pytest
from botocore.exceptions import ClientError

from packs import allow, pack, record, rules


@pytest.fixture
def ready(account):
    """An account with a recorder and the function."""
    record(account)
    allow(account)
    return account


def put(account, text=None, **more):
    """Put the pack."""
    given = {"ConformancePackName": "pack", "TemplateBody": text or pack(account), **more}
    return account.client("config").put_conformance_pack(**given)


def state(account):
    """The state of the pack, or None."""
    answer = account.client("config").describe_conformance_pack_status()
    found = answer["ConformancePackStatusDetails"]
    return found[0]["ConformancePackState"] if found else None


def code(refused):
    """The code of an error."""
    return refused.value.response["Error"]["Code"]


def delete(account):
    """Delete the pack."""
    account.client("config").delete_conformance_pack(ConformancePackName="pack")


def fail(account):
    """Put a pack whose function AWS Config may not invoke."""
    put(account, pack(account).replace("rule-function", "other"))


def absent(account):
    """No pack."""


def created(account):
    """A pack that is settled."""
    put(account)
    state(account)


def creating(account):
    """A pack in progress."""
    put(account)


def failed(account):
    """A pack that failed."""
    fail(account)
    state(account)


def updated(account):
    """A pack that was put twice."""
    created(account)
    created(account)


def deleting(account):
    """A pack whose deletion is in progress."""
    created(account)
    delete(account)


# How a pack comes into a state, the state, and what putting and deleting it give.
STATES = [
    (absent, None, "CREATE_COMPLETE", "NoSuchConformancePackException"),
    (creating, "CREATE_IN_PROGRESS", "ResourceInUseException", "ResourceInUseException"),
    (created, "CREATE_COMPLETE", "UPDATE_COMPLETE", None),
    (failed, "CREATE_FAILED", "UPDATE_COMPLETE", None),
    (updated, "UPDATE_COMPLETE", "UPDATE_COMPLETE", None),
    (deleting, "DELETE_IN_PROGRESS", "ResourceInUseException", "ResourceInUseException"),
]


@pytest.mark.parametrize(("reach", "name", "after_put", "after_delete"), STATES)
def test_state_is_described(ready, reach, name, after_put, after_delete):
    reach(ready)
    assert state(ready) == name


@pytest.mark.parametrize(("reach", "name", "after_put", "after_delete"), STATES)
def test_state_decides_about_put(ready, reach, name, after_put, after_delete):
    reach(ready)
    if after_put.endswith("Exception"):
        with pytest.raises(ClientError) as refused:
            put(ready)
        assert code(refused) == after_put
        return
    put(ready)
    action = after_put.partition("_")[0]
    assert [state(ready), state(ready)] == [f"{action}_IN_PROGRESS", after_put]
    assert rules(ready) == ["rule"]


@pytest.mark.parametrize(("reach", "name", "after_put", "after_delete"), STATES)
def test_state_decides_about_delete(ready, reach, name, after_put, after_delete):
    reach(ready)
    if after_delete:
        with pytest.raises(ClientError) as refused:
            delete(ready)
        assert code(refused) == after_delete
        return
    delete(ready)
    assert [state(ready), state(ready)] == ["DELETE_IN_PROGRESS", None]
    assert rules(ready) == []


def test_failed_update_keeps_the_former_rules(ready):
    created(ready)
    put(ready, pack(ready, "next").replace("rule-function", "other"))
    assert [state(ready), state(ready)] == ["UPDATE_IN_PROGRESS", "UPDATE_FAILED"]
    assert rules(ready) == ["rule"]
    (found,) = ready.client("config").describe_conformance_pack_status()[
        "ConformancePackStatusDetails"
    ]
    assert "cannot be invoked" in found["ConformancePackStatusReason"]


def test_rules_need_a_recorder(account):
    allow(account)
    put(account)
    assert [state(account), state(account)] == ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
    assert rules(account) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ConformancePackName": "1pack"}, "ValidationException"),
        ({"TemplateS3Uri": "s3://bucket/key"}, "InvalidParameterValueException"),
        ({"TemplateBody": "- no resources"}, "ConformancePackTemplateValidationException"),
        ({"TemplateBody": "x" * 51_201}, "ValidationException"),
        (
            {"ConformancePackInputParameters": [{"ParameterName": "A", "ParameterValue": "1"}]},
            "ConformancePackTemplateValidationException",
        ),
        (
            {"TemplateBody": '{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}'},
            "ConformancePackTemplateValidationException",
        ),
    ],
)
def test_request_is_checked(ready, given, expected):
    if expected == "ValidationException" and "TemplateBody" in given:
        given = {"TemplateBody": "# " + given["TemplateBody"]}
    with pytest.raises(ClientError) as refused:
        put(ready, **given)
    assert code(refused) == expected


def test_packs_come_in_small_pages(ready):
    for name in ("a", "b", "c"):
        put(ready, pack(ready, name), ConformancePackName=name)
    client = ready.client("config")
    first = client.describe_conformance_packs()
    assert [one["ConformancePackName"] for one in first["ConformancePackDetails"]] == ["a", "b"]
    second = client.describe_conformance_packs(NextToken=first["NextToken"])
    assert [one["ConformancePackName"] for one in second["ConformancePackDetails"]] == ["c"]
    assert "NextToken" not in second
    with pytest.raises(ClientError) as refused:
        client.describe_conformance_pack_status(NextToken=first["NextToken"])
    assert code(refused) == "InvalidNextTokenException"
