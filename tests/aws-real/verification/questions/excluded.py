"""Question 8: does automatic deployment keep an excluded account out?"""

from verification import names, spare
from verification.answers import Question

QUESTION = Question(
    "8",
    "Does DIFFERENCE keep an excluded account out at automatic deployment?",
    "accounts can be excluded by their IDs",
    "exclusions by units only",
)
QUESTIONS = (QUESTION,)

missing, steps = spare.missing, spare.steps


def ask(setting):
    """The stack set without a filter shows that automatic deployment ran."""
    joined = spare.move(setting)
    if joined.problem:
        return [QUESTION.undetermined(joined.problem, *joined.evidence)]
    if joined.stack is None:
        reason = "automatic deployment did not run in time"
        return [QUESTION.undetermined(reason, *joined.evidence)]
    account = setting.organization.spare

    def is_deployed():
        return setting.stacks.instance(names.EXCLUDED_STACK, account)

    instance = setting.waiting.until(is_deployed)
    if instance is not None:
        evidence = setting.aws.evidence(instance["Status"])
        return [QUESTION.no("the excluded account has a stack instance", evidence)]
    reason = (
        f"the stack set without the filter reached the account after {joined.stack:.0f} s, and the "
        f"other one not within {setting.options.minutes:g} more minutes"
    )
    return [QUESTION.yes(reason, setting.aws.evidence("no stack instance"))]
