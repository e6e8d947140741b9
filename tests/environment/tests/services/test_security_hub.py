import copy

import pytest
from botocore.exceptions import ClientError

WITHOUT_HUB = "InvalidAccessException"


@pytest.fixture
def hub(account):
    """A client of an account with a hub."""
    client = account.client("securityhub")
    client.enable_security_hub()
    return client


def finding(account, identity="id", **more):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identity,
        "ProductArn": f"arn:aws:securityhub:us-east-1:{account.id}:product/{account.id}/default",
        "GeneratorId": "generator",
        "AwsAccountId": account.id,
        "CreatedAt": "2026-01-01T00:00:00Z",
        "UpdatedAt": "2026-01-01T00:00:00Z",
        "Title": "title",
        "Description": "description",
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account.id}"}],
        "Compliance": {"Status": "FAILED"},
        "FindingProviderFields": {
            "Severity": {"Label": "HIGH"},
            "Types": ["Software and Configuration Checks"],
        },
        **more,
    }


def state(hub):
    """Workflow status and compliance of the only finding."""
    (found,) = hub.get_findings()["Findings"]
    return found["Workflow"]["Status"], found["Compliance"]["Status"]


def later(made, minute, status):
    """The finding some minutes later, with another status."""
    made = copy.deepcopy(made)
    made["UpdatedAt"] = f"2026-01-01T00:{minute:02}:00Z"
    made["Compliance"] = {"Status": status}
    return made


@pytest.mark.parametrize("operation", ["describe_hub", "get_findings", "list_members"])
def test_without_hub_everything_is_refused(account, operation):
    with pytest.raises(ClientError) as refused:
        getattr(account.client("securityhub"), operation)()
    assert refused.value.response["Error"]["Code"] == WITHOUT_HUB


def test_import_says_what_failed(account, hub):
    answer = hub.batch_import_findings(
        Findings=[finding(account), finding(account, "other", Title="t" * 257)]
    )
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    assert answer["FailedFindings"][0]["Id"] == "other"


def test_older_import_changes_nothing(account, hub):
    made = finding(account)
    hub.batch_import_findings(Findings=[later(made, 5, "PASSED")])
    hub.batch_import_findings(Findings=[later(made, 4, "FAILED")])
    assert state(hub) == ("NEW", "PASSED")


@pytest.mark.parametrize(
    ("before", "workflow", "after", "expected"),
    [
        ("PASSED", "RESOLVED", "FAILED", "NEW"),
        ("PASSED", "NOTIFIED", "FAILED", "NEW"),
        ("PASSED", "SUPPRESSED", "FAILED", "SUPPRESSED"),
        ("FAILED", "NOTIFIED", "FAILED", "NOTIFIED"),
        ("FAILED", "RESOLVED", "PASSED", "RESOLVED"),
    ],
)
def test_workflow_is_the_customers(account, hub, before, workflow, after, expected):
    made = finding(account)
    hub.batch_import_findings(Findings=[later(made, 1, before)])
    hub.batch_update_findings(
        FindingIdentifiers=[{"Id": "id", "ProductArn": made["ProductArn"]}],
        Workflow={"Status": workflow},
    )
    # BatchUpdateFindings sets the time to now.
    made["UpdatedAt"] = "2099-01-01T00:00:00Z"
    made["Compliance"] = {"Status": after}
    hub.batch_import_findings(Findings=[made])
    assert state(hub) == (expected, after)


def test_findings_are_filtered_and_paged(account, hub):
    hub.batch_import_findings(Findings=[finding(account, f"id-{n:02}") for n in range(12)])
    first = hub.get_findings()
    assert len(first["Findings"]) == 10
    assert len(hub.get_findings(NextToken=first["NextToken"])["Findings"]) == 2
    prefix = [{"Value": "id-1", "Comparison": "PREFIX"}]
    assert len(hub.get_findings(Filters={"Id": prefix})["Findings"]) == 2
    with pytest.raises(ClientError, match="from 1 to 20 values"):
        hub.get_findings(Filters={"Id": prefix * 21})


def test_import_takes_a_hundred(account, hub):
    many = [finding(account, f"id-{n}") for n in range(101)]
    assert hub.batch_import_findings(Findings=many[:100])["SuccessCount"] == 100
    with pytest.raises(ClientError, match="from 1 to 100"):
        hub.batch_import_findings(Findings=many)
