"""Question 7: is an evaluation in a pack billed once?"""

import json
from datetime import UTC, datetime, timedelta

from verification.answers import Question
from verification.errors import Misuse

QUESTION = Question(
    "7",
    "Are evaluations of rules in packs billed once?",
    "the table of costs is right",
    "the table of costs doubles the evaluations",
)
QUESTIONS = (QUESTION,)
#: Cost Explorer has the usage of a day after this number of days.
DELAY = 2
_SERVICE = "AWS Config"
_KINDS = ("ConfigRuleEvaluations", "ConformancePackEvaluations")


def missing(_):
    """The bill of a run can be read only after two days."""
    return (
        f"keep the JSON report of this run, and give it after {DELAY} days: --costs REPORT; "
        "each request costs 0.01 USD"
    )


def steps(_):
    """It changes nothing."""
    return []


def read(aws, options, is_simulated):
    """The answer from the bill of an earlier run, by calls of the management account."""
    report = _report(options.costs)
    begun = datetime.fromisoformat(report["started"])
    if not is_simulated and datetime.now(UTC) - begun < timedelta(days=DELAY):
        raise Misuse(
            f"the run began at {report['started']}, less than {DELAY} days ago",
            "Wait, because AWS Cost Explorer does not have the usage yet.",
        )
    first = begun.date()
    last = datetime.fromisoformat(report["ended"]).date() + timedelta(days=1)
    dimensions = {
        "LINKED_ACCOUNT": options.member,
        "SERVICE": _SERVICE,
        "REGION": report["region"],
    }
    answer = aws.read(
        "ce",
        "get_cost_and_usage",
        region="us-east-1",
        TimePeriod={"Start": f"{first}", "End": f"{last}"},
        Granularity="DAILY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        Filter={
            "And": [
                {"Dimensions": {"Key": key, "Values": [value]}} for key, value in dimensions.items()
            ]
        },
    )
    return decided(usage(answer), report["invocations"], aws.evidence())


def usage(answer):
    """The quantities by usage type."""
    quantities = {}
    for day in answer["ResultsByTime"]:
        for group in day.get("Groups", []):
            amount = float(group["Metrics"]["UsageQuantity"]["Amount"])
            name = group["Keys"][0]
            quantities[name] = quantities.get(name, 0) + amount
    return quantities


def decided(quantities, invocations, evidence):
    """The answer from quantities by usage type and the number of invocations."""
    evaluations = {name: count for name, count in quantities.items() if "Evaluation" in name}
    shown = ", ".join(f"{name} {count:g}" for name, count in sorted(evaluations.items()))
    evidence.shown = shown or "no usage of evaluations"
    counts = [
        sum(count for name, count in evaluations.items() if name.endswith(kind)) for kind in _KINDS
    ]
    reason = f"{invocations} invocations by rules of packs; billed: {evidence.shown}"
    if not any(counts):
        return QUESTION.undetermined(reason, evidence)
    if all(count >= invocations for count in counts):
        return QUESTION.no(reason, evidence)
    if sum(counts) < 2 * invocations:
        return QUESTION.yes(reason, evidence)
    reason += "; other rules of the account may be in these numbers"
    return QUESTION.undetermined(reason, evidence)


def _report(path):
    try:
        report = json.loads(path.read_text())
        return {name: report[name] for name in ("started", "ended", "region", "invocations")}
    except (ValueError, KeyError, TypeError) as problem:
        raise Misuse(
            f"'{path}' is not a JSON report of a run", "Use a file of --format json=FILE."
        ) from problem
