"""Question 9, apart from kept results: what a rule of a pack is, and what can be done with it."""

import re

from botocore.exceptions import ClientError

from verification import names
from verification.answers import Question
from verification.errors import text_of
from verification.questions.organization_key import start, start_step

ARN = Question(
    "9.1",
    "Has configRuleArn of a pack's rule the form "
    "config-rule/aws-service-rule/config-conforms.amazonaws.com/ID?",
    "central functions check the ARN of the rule",
    "central functions check the name of the rule instead",
)
START = Question(
    "9.3",
    "May StartConfigRulesEvaluation start a rule of a pack?",
    "the daily check starts rules without evaluations",
    "the daily check scans the account instead",
)
EMPTY = Question(
    "9.4",
    "Does an empty PutEvaluations renew LastSuccessfulEvaluationTime?",
    "staleness stays the age of the last successful evaluation",
    "staleness is the age of the results (ResultRecordedTime)",
)
RESOURCE_ORGANIZATION = Question(
    "9.5",
    "Is aws:ResourceOrgID set for sts:AssumeRole?",
    "the role of central functions keeps its condition on the organization",
    "the external ID becomes mandatory",
)
QUESTIONS = (ARN, START, EMPTY, RESOURCE_ORGANIZATION)
_FORM = re.compile(
    r"arn:[^:]+:config:[^:]+:\d{12}:config-rule/aws-service-rule/config-conforms\.amazonaws\.com/.+"
)


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """The start of one rule, the only call that it adds."""
    return [start_step()]


def ask(setting):
    """Read the log and the member account, and make one call each."""
    return [_arn(setting), _start(setting), _empty(setting), _resource_organization(setting)]


def _arn(setting):
    events = setting.waiting.until(lambda: setting.invocations(names.RESULTS_RULE) or None)
    if events:
        arn = events[-1]["event"].get("configRuleArn", "")
        evidence = setting.aws.evidence(f"configRuleArn {arn}")
        return ARN.decided(bool(_FORM.fullmatch(arn)), f"the event has {arn}", evidence)
    rule = setting.member.rule(names.RESULTS_RULE)
    arn = (rule or {}).get("ConfigRuleArn", "no rule")
    return ARN.undetermined(
        f"no event was logged; DescribeConfigRules shows {arn}", setting.member.aws.evidence()
    )


def _start(setting):
    before = len(setting.invocations(names.RESULTS_RULE))
    rule = setting.member.rule(names.RESULTS_RULE)
    if rule is None:
        return START.undetermined("the member account does not have the rule")
    # One run of a rule within a minute is the limit, and an earlier question may have started it.
    refused = setting.waiting.until(lambda: start(setting, rule["ConfigRuleName"]))
    if refused is None:
        return START.undetermined("AWS Config did not accept a start in time", _shown(setting))
    if refused:
        return START.no(refused, _shown(setting))
    accepted = setting.member.aws.evidence("accepted")

    def poll():
        found = setting.invocations(names.RESULTS_RULE)
        return found if len(found) > before else None

    if setting.waiting.until(poll):
        return START.yes("the function was invoked again", accepted, setting.aws.evidence())
    return START.no("the call was accepted, and the function was not invoked in time", accepted)


def _shown(setting):
    return setting.member.aws.evidence()


def _empty(setting):
    rule = setting.member.rule(names.EMPTY_RULE)

    def is_sent():
        events = setting.invocations(names.EMPTY_RULE)
        return next((one for one in events if one["outcome"].startswith("sent")), None)

    if rule is None or setting.waiting.until(is_sent) is None:
        return EMPTY.undetermined("the function did not send an empty PutEvaluations in time")

    def is_renewed():
        status = setting.member.status(rule["ConfigRuleName"])
        return status.get("LastSuccessfulEvaluationTime")

    time = setting.waiting.until(is_renewed)
    evidence = setting.member.aws.evidence()
    if time:
        return EMPTY.yes(f"LastSuccessfulEvaluationTime is {time:%Y-%m-%dT%H:%M:%SZ}", evidence)
    return EMPTY.no("LastSuccessfulEvaluationTime stays empty", evidence)


def _resource_organization(setting):
    """The role without the condition has access: so a denial is due to the condition."""
    try:
        setting.enter(names.CONDITION_ROLE)
    except ClientError as problem:
        evidence = setting.aws.evidence()
        setting.enter(names.READER_ROLE)
        reason = f"only the role without the condition was allowed ({text_of(problem)})"
        return RESOURCE_ORGANIZATION.no(reason, evidence, setting.aws.evidence("allowed"))
    return RESOURCE_ORGANIZATION.yes(
        "a role whose policy requires the organization in aws:ResourceOrgID was allowed",
        setting.aws.evidence("allowed"),
    )
