import time

import pytest
from botocore.exceptions import ClientError

from organizations import Organization
from packs import FUNCTION, allow, record


def code(refused):
    return refused.value.response["Error"]["Code"]


def make(account, *names, region="us-east-1"):
    for name in names:
        account.client("config", region).put_config_rule(
            ConfigRule={
                "ConfigRuleName": name,
                "Source": {
                    "Owner": "CUSTOM_LAMBDA",
                    "SourceIdentifier": (
                        f"arn:aws:lambda:{region}:{account.id}:function:{FUNCTION}"
                    ),
                    "SourceDetails": [
                        {"EventSource": "aws.config", "MessageType": "ScheduledNotification"}
                    ],
                },
            }
        )


@pytest.fixture
def ready(account):
    """An account with a recorder, a function, and two rules."""
    record(account)
    allow(account)
    make(account, "one", "two")
    return account


def statuses(account, *names, region="us-east-1"):
    client = account.client("config", region)
    pages = client.pages(
        "describe_config_rule_evaluation_status", **({"ConfigRuleNames": names} if names else {})
    )
    return {
        one["ConfigRuleName"]: one for page in pages for one in page["ConfigRulesEvaluationStatus"]
    }


def test_rule_that_was_never_evaluated_has_no_times(ready):
    found = statuses(ready)
    assert set(found) == {"one", "two"}
    assert found["one"]["FirstEvaluationStarted"] is False
    assert "LastSuccessfulEvaluationTime" not in found["one"]
    assert found["one"]["ConfigRuleArn"].startswith("arn:aws:config:")


def test_rule_was_made_when_it_was_first_looked_at_or_when_the_test_says_so(ready):
    began = time.time()
    made = statuses(ready)["one"]["FirstActivatedTime"].timestamp()
    assert began - 1 <= made <= time.time()
    assert statuses(ready)["one"]["FirstActivatedTime"].timestamp() == pytest.approx(made, abs=1)
    assert ready.control("config/evaluated", made=3, rule_name="one") == {"rules": 1}
    found = statuses(ready)
    made = found["one"]["FirstActivatedTime"].timestamp()
    assert made == pytest.approx(time.time() - 3 * 86400, abs=60)
    assert found["two"]["FirstActivatedTime"].timestamp() > made
    assert "LastSuccessfulEvaluationTime" not in found["one"]


def test_results_are_a_successful_evaluation(ready):
    began = time.time()
    token = ready.control("config/token", region="us-east-1", rule_name="one")["token"]
    ready.client("config").put_evaluations(ResultToken=token, Evaluations=[])
    found = statuses(ready)
    assert found["one"]["LastSuccessfulEvaluationTime"].timestamp() >= began - 1
    assert "LastSuccessfulEvaluationTime" not in found["two"]
    ready.control("config/age", region="us-east-1", rule_name="one", days=2)
    aged = statuses(ready, "one")["one"]["LastSuccessfulEvaluationTime"].timestamp()
    assert began - 3 * 86400 < aged < began - 86400


def test_control_sets_evaluations(ready):
    assert ready.control("config/evaluated")["rules"] == 2
    assert "LastErrorCode" not in statuses(ready)["one"]
    error = {"code": "AccessDenied", "message": "denied"}
    ready.control("config/evaluated", rule_name="two", error=error, region="us-east-1")
    found = statuses(ready)
    assert (found["two"]["LastErrorCode"], found["two"]["LastErrorMessage"]) == (
        "AccessDenied",
        "denied",
    )
    assert found["two"]["LastFailedEvaluationTime"]
    assert "LastErrorCode" not in found["one"]


def test_control_sets_evaluations_of_an_organization(new_account):
    organization = Organization(new_account)
    for account in organization.members:
        record(account)
        allow(account)
        make(account, "one")
    assert organization.management.control("config/evaluated", organization=True)["rules"] == 2
    for account in organization.members:
        assert statuses(account)["one"]["LastSuccessfulEvaluationTime"]


def test_statuses_come_in_pages(ready):
    make(ready, *(f"more-{number}" for number in range(20)))
    first = ready.client("config").describe_config_rule_evaluation_status()
    assert len(first["ConfigRulesEvaluationStatus"]) == 10
    assert len(statuses(ready)) == 22
    with pytest.raises(ClientError) as refused:
        statuses(ready, "none")
    assert code(refused) == "NoSuchConfigRuleException"


def start(account, *names):
    account.client("config").start_config_rules_evaluation(ConfigRuleNames=names)


def test_evaluations_are_started_once_a_minute(ready):
    start(ready, "one", "two")
    with pytest.raises(ClientError) as refused:
        start(ready, "one")
    assert code(refused) == "LimitExceededException"
    ready.control("config/start-interval", seconds=0)
    start(ready, "one")
    started = ready.control("config/started", method="GET")["started"]
    assert [one["rules"] for one in started] == [["one", "two"], ["one"]]


def test_25_rules_that_exist_are_started(ready):
    with pytest.raises(ClientError) as refused:
        start(ready, "one", "none")
    assert code(refused) == "NoSuchConfigRuleException"
    make(ready, *(f"more-{number}" for number in range(25)))
    with pytest.raises(ClientError) as refused:
        start(ready, "one", *(f"more-{number}" for number in range(25)))
    assert code(refused) == "ValidationException"
    start(ready, *(f"more-{number}" for number in range(25)))


def test_function_that_may_not_be_invoked_is_a_failed_evaluation(ready):
    ready.client("lambda").remove_permission(
        FunctionName=FUNCTION, StatementId=f"config-{ready.id}"
    )
    start(ready, "one")
    found = statuses(ready)["one"]
    assert found["LastErrorCode"] == "InsufficientPermissionsException"
    assert "LastSuccessfulEvaluationTime" not in found
