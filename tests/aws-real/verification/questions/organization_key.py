"""Question 2: does AWS Config send ``aws:SourceOrgID``?"""

import json

from botocore.exceptions import ClientError

from verification import names, packs
from verification.answers import Question, counted
from verification.errors import NotPrepared, code_of, text_of
from verification.steps import Step

_FALLBACK = "InvokePermission=accounts becomes the default"
CHECK = Question(
    "2.1",
    "Does AWS Config send aws:SourceOrgID when it checks the function of a new rule?",
    "the permission for the organization stays the default",
    _FALLBACK,
)
INVOCATION = Question(
    "2.2",
    "Does AWS Config send aws:SourceOrgID when it invokes the function?",
    "the permission for the organization stays the default",
    _FALLBACK,
)
PUBLIC = Question(
    "2.3",
    "Does PutResourcePolicy accept the statement, and not call it public?",
    "the permission for the organization stays the default",
    _FALLBACK,
)
_BUSY = ("LimitExceededException", "ThrottlingException")
QUESTIONS = (CHECK, INVOCATION, PUBLIC)


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """A policy and a pack with two rules, both once more if AWS refuses the first one."""
    return [
        Step("lambda", "put_resource_policy", names.FUNCTION, "AWS Config may invoke it"),
        Step(
            "config",
            "put_organization_conformance_pack",
            names.RESULTS_PACK,
            "two rules in the member account; all other accounts are excluded",
            evaluations=8,
            items=8,
        ),
        start_step(),
    ]


def start_step():
    """The start of an evaluation in the member account."""
    return Step(
        "config",
        "start_config_rules_evaluation",
        names.RESULTS_RULE,
        account="member",
        evaluations=2,
    )


def template(setting, function=names.FUNCTION):
    """The pack: a rule that is not compliant, and one that sends no results."""
    arn = setting.arn(function)
    return packs.template(
        [
            packs.rule(names.RESULTS_RULE, arn, {"answer": "non-compliant"}),
            packs.rule(names.EMPTY_RULE, arn, {"answer": "nothing"}),
        ]
    )


def ask(setting):
    """Put the pack with a policy on the organization; without success, with one on the account."""
    public = _allow(setting)
    member = setting.organization.member
    is_allowed = public.answer == "yes"
    put = setting.packs.put
    state = put(names.RESULTS_PACK, template(setting), member) if is_allowed else None
    if state is not None and state.is_successful:
        check = CHECK.yes(f"the pack is {state} in the member account", setting.aws.evidence())
        invoked = _invocation(setting)
        if invoked.answer == "no":
            setting.allow(names.FUNCTION, setting.by_account)
        return [check, invoked, public]
    reason = f"the pack is {state or 'still in progress'} in the member account"
    evidence = setting.aws.evidence()
    if not is_allowed:
        check = CHECK.undetermined(f"the policy was not accepted: {public.reason}", evidence)
    elif state is not None and "Permission" in (state.code or ""):
        check = CHECK.no(reason, evidence)
    else:
        check = CHECK.undetermined(reason, evidence)
    setting.allow(names.FUNCTION, setting.by_account)
    state = put(names.RESULTS_PACK, template(setting), member)
    if state is None or not state.is_successful:
        raise NotPrepared(
            f"the pack '{names.RESULTS_PACK}' is {state or 'still in progress'} in the member "
            "account, with a permission for that account too"
        )
    if not is_allowed:
        return [check, INVOCATION.undetermined(check.reason, evidence), public]
    invoked = _later_invocation(setting)
    setting.allow(names.FUNCTION, setting.by_account)
    return [check, invoked, public]


def _allow(setting):
    try:
        setting.allow(names.FUNCTION, setting.by_organization)
    except ClientError as problem:
        if code_of(problem) not in ("PublicPolicyException", "InvalidParameterValueException"):
            raise
        return PUBLIC.no(text_of(problem), setting.aws.evidence())
    return PUBLIC.yes("the policy was accepted", setting.aws.evidence())


def start(setting, name):
    """Start a rule: empty if that is accepted, why not, or None if AWS Config is too busy."""
    try:
        setting.member.start(name, names.RESULTS_RULE)
    except ClientError as problem:
        return None if code_of(problem) in _BUSY else text_of(problem)
    return ""


def _invocation(setting, since=""):
    """Wait for an invocation by the member account's rule that was sent at a time or later."""

    def poll():
        found = setting.invocations(names.RESULTS_RULE)
        return [one for one in found if _sent(one) >= since] or None

    found = setting.waiting.until(poll)
    if found:
        return INVOCATION.yes(
            f"AWS Config invoked the function for the member account: {found[-1]['outcome']}",
            setting.aws.evidence(counted(len(found), "event")),
        )
    return INVOCATION.no(
        "the rule exists, and AWS Config did not invoke the function in time",
        setting.aws.evidence("no event"),
    )


def _sent(invocation):
    """When AWS Config sent an event, in UTC."""
    return json.loads(invocation["event"]["invokingEvent"])["notificationCreationTime"]


def _later_invocation(setting):
    """The rule exists by another policy: put the one on the organization, and start the rule."""
    # The events of the new rule are not those that the start leads to.
    setting.waiting.until(lambda: setting.invocations(names.RESULTS_RULE) or None)
    setting.allow(names.FUNCTION, setting.by_organization)
    setting.waiting.settle()
    rule = setting.member.rule(names.RESULTS_RULE)
    # The clock of AWS, in whole seconds: it is before the start, and after earlier events.
    before = setting.member.aws.evidence().time.removesuffix("Z")
    refused = setting.waiting.until(lambda: start(setting, rule["ConfigRuleName"]))
    if refused != "":
        reason = refused or "AWS Config did not accept the start of a rule in time"
        return INVOCATION.undetermined(reason, setting.member.aws.evidence())
    return _invocation(setting, before)
