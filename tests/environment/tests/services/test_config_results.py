import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def token(account):
    """A result token of a rule."""
    return account.control("config/token", region="us-east-1", rule_name="rule")["token"]


def evaluation(identity="r-1", **more):
    return {
        "ComplianceResourceType": "AWS::S3::Bucket",
        "ComplianceResourceId": identity,
        "ComplianceType": "COMPLIANT",
        "OrderingTimestamp": 1_700_000_000,
        **more,
    }


def put(account, token, *evaluations, **more):
    """Put evaluations."""
    return account.client("config").put_evaluations(
        ResultToken=token, Evaluations=list(evaluations), **more
    )


def code(refused):
    return refused.value.response["Error"]["Code"]


def stored(account):
    """The ids and verdicts that are stored."""
    found = account.control("config/evaluations", "GET")["evaluations"]
    return {one["ComplianceResourceId"]: one["ComplianceType"] for one in found}


def test_results_are_stored(account, token):
    answer = put(account, token, evaluation(), evaluation("r-2", ComplianceType="NON_COMPLIANT"))
    assert answer["FailedEvaluations"] == []
    assert stored(account) == {"r-1": "COMPLIANT", "r-2": "NON_COMPLIANT"}


def test_hundred_evaluations_are_accepted_and_no_more(account, token):
    many = [evaluation(f"r-{number}") for number in range(101)]
    put(account, token, *many[:100])
    with pytest.raises(ClientError) as refused:
        put(account, token, *many)
    assert code(refused) == "ValidationException"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ComplianceResourceId": "r" * 769},
        {"ComplianceResourceType": "t" * 257},
        {"ComplianceType": "INSUFFICIENT_DATA"},
        {"Annotation": "a" * 257},
    ],
)
def test_limits_are_kept(account, token, wrong):
    with pytest.raises(ClientError) as refused:
        put(account, token, evaluation(**wrong))
    assert code(refused) == "ValidationException"
    assert stored(account) == {}


def test_resource_stands_once_in_a_request(account, token):
    with pytest.raises(ClientError, match="Duplicate evaluation"):
        put(account, token, evaluation(), evaluation())


def test_older_result_does_not_replace_a_newer_one(account, token):
    put(account, token, evaluation(OrderingTimestamp=1_700_000_100))
    put(account, token, evaluation(ComplianceType="NON_COMPLIANT"))
    assert stored(account) == {"r-1": "COMPLIANT"}


def test_wrong_token_is_refused(account, new_account, token):
    for caller, given in ((account, "none"), (new_account(), token)):
        with pytest.raises(ClientError) as refused:
            put(caller, given, evaluation())
        assert code(refused) == "InvalidResultTokenException"


def test_test_mode_stores_nothing(account, token):
    put(account, token, evaluation(), TestMode=True)
    put(account, "TESTMODE", evaluation(), TestMode=True)
    assert stored(account) == {}


def test_failure_that_was_asked_for_comes_back(account, token):
    account.control("config/fail", resource_ids=["r-1"], times=1)
    assert put(account, token, evaluation())["FailedEvaluations"][0]["ComplianceResourceId"] == (
        "r-1"
    )
    assert put(account, token, evaluation())["FailedEvaluations"] == []


def test_details_are_paged_and_leave_not_applicable_out(account, token):
    put(
        account,
        token,
        *(evaluation(f"r-{number:02}") for number in range(12)),
        evaluation("x", ComplianceType="NOT_APPLICABLE"),
    )
    client = account.client("config")
    first = client.get_compliance_details_by_config_rule(ConfigRuleName="rule")
    second = client.get_compliance_details_by_config_rule(
        ConfigRuleName="rule", NextToken=first["NextToken"]
    )
    sizes = [len(page["EvaluationResults"]) for page in (first, second)]
    assert sizes == [10, 2]
    assert "NextToken" not in second


def test_rules_need_a_recorder(account):
    with pytest.raises(ClientError) as refused:
        account.client("config").put_config_rule(
            ConfigRule={
                "ConfigRuleName": "rule",
                "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_LOGGING_ENABLED"},
            }
        )
    assert code(refused) == "NoAvailableConfigurationRecorderException"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"resourceType": "AWS::S3::Bucket", "resourceId": "x"}, "ResourceNotDiscoveredException"),
        (
            {"resourceType": "AWS::S3::Bucket", "resourceId": "b", "limit": 101},
            "InvalidLimitException",
        ),
        (
            {
                "resourceType": "AWS::S3::Bucket",
                "resourceId": "b",
                "laterTime": 1,
                "earlierTime": 2,
            },
            "InvalidTimeRangeException",
        ),
    ],
)
def test_history_is_as_strict_as_aws(account, given, expected):
    item = {"resourceType": "AWS::S3::Bucket", "resourceId": "b", "configuration": {}}
    account.control("config/history", region="us-east-1", items=[item])
    with pytest.raises(ClientError) as refused:
        account.client("config").get_resource_config_history(**given)
    assert code(refused) == expected
