import json
import pathlib

import pytest

from verification import arguments, names, report
from verification.answers import Evidence, Question
from verification.aws import Plan
from verification.errors import Misuse, NotPlanned
from verification.leftovers import steps as removals
from verification.questions import MODULES, costs
from verification.steps import Step, written

MEMBER, SPARE, UNIT = "111122223333", "222233334444", "ou-ab12-11111111"
QUESTION = Question("1", "Is it so?", "good", "bad")


def evidence():
    return Evidence("config:PutX", "one-two", "2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "--member is missing"),
        (["--member", "1234"], "is not an account ID"),
        (["--member", MEMBER, "--spare-account", SPARE], "are used together"),
        (["--member", MEMBER, "--spare-account", MEMBER, "--spare-unit", UNIT], "the same account"),
        (["--member", MEMBER, "--spare-account", SPARE, "--spare-unit", "r-ab12"], "is not the ID"),
        (["--member", MEMBER, "--plumbline", __file__], "are used together"),
        (["--member", MEMBER, "--plumbline", "no", "--code", "no"], "does not exist"),
        (["--member", MEMBER, "--minutes", "0"], "is not positive"),
        (["--member", MEMBER, "--format", "xml"], "is not a format"),
        (["--member", MEMBER, "--format", "json=/no/such/folder/report"], "does not exist"),
    ],
)
def test_wrong_arguments(given, problem):
    with pytest.raises(Misuse, match=problem):
        arguments.parse(given)


def test_only_planned_calls_are_made():
    plan = Plan([Step("iam", "create_role", "role")])
    plan.check("deploying", "iam", "create_role", "role")
    for call in (
        ("deploying", "iam", "create_role", "other"),
        ("deploying", "iam", "delete_role", "role"),
        ("member", "iam", "create_role", "role"),
    ):
        with pytest.raises(NotPlanned):
            plan.check(*call)


def test_whole_plan_costs_less_than_one_dollar():
    given = ["--member", MEMBER, "--spare-account", SPARE, "--spare-unit", UNIT]
    options = arguments.parse([*given, "--plumbline", __file__, "--code", __file__])
    steps = [step for module in MODULES for step in module.steps(options)]
    assert 0.5 < sum(step.cost for step in steps) < 1
    text = written(steps, removals(), [])
    assert "- plumbline:Deploy --single-account --level 1" in text


def test_all_stacks_and_roles_are_removed():
    removed = {step.resource for step in removals()}
    assert removed >= {*names.STACKS, *names.ROLES, *names.FUNCTIONS}


def test_report_is_one_row_for_each_answer():
    answers = [
        QUESTION.yes("a | b\nc", evidence()),
        Question("2", "And this?", "good", "bad").not_asked("give --more"),
    ]
    facts = {"region": "us-east-1", "simulated": True, "started": "S", "ended": "E"}
    text = report.written(report.document(answers, facts, ["stack one"]), "table")
    assert (
        "| 1 Is it so? | **yes (as simulated)**: a \\| b c | "
        "config:PutX (one-two, 2026-01-02T03:04:05Z) | good |" in text.splitlines()
    )
    assert "| 2 And this? | **not asked**: give --more | – | the question stays open |" in text
    assert text.endswith("Not removed:\n- stack one")


def test_real_answers_are_not_called_simulated():
    facts = {"region": "us-east-1", "simulated": False, "started": "S", "ended": "E"}
    text = report.written(report.document([QUESTION.no("so", evidence())], facts, []), "table")
    assert "**no**: so" in text
    assert "simulat" not in text


@pytest.mark.parametrize(
    ("quantities", "answer"),
    [
        ({"ConfigRuleEvaluations": 10}, "yes"),
        ({"USE1-ConformancePackEvaluations": 10, "USE1-ConfigRuleEvaluations": 0}, "yes"),
        ({"ConfigRuleEvaluations": 10, "ConformancePackEvaluations": 11}, "no"),
        ({"ConfigRuleEvaluations": 30}, "could not be determined"),
        ({"ConfigurationItemRecorded": 30}, "could not be determined"),
    ],
)
def test_bill(quantities, answer):
    assert costs.decided(quantities, 10, evidence()).answer == answer


def test_usage_is_added_up():
    def day(amount):
        metrics = {"UsageQuantity": {"Amount": amount}}
        return {"Groups": [{"Keys": ["Evaluations"], "Metrics": metrics}]}

    assert costs.usage({"ResultsByTime": [day("1.5"), {}, day("2")]}) == {"Evaluations": 3.5}


def test_bill_of_another_file(tmp_path):
    file = pathlib.Path(tmp_path, "other.json")
    file.write_text(json.dumps({"answers": []}))
    options = arguments.parse(["--member", MEMBER, "--costs", str(file)])
    with pytest.raises(Misuse, match="is not a JSON report"):
        costs.read(None, options, True)
