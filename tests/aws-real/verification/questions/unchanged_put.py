"""Question 3: does putting an unchanged organization pack evaluate its rules again?"""

from verification import names
from verification.answers import Question, counted
from verification.questions import organization_key
from verification.steps import Step

QUESTION = Question(
    "3",
    "Does putting an unchanged organization pack evaluate its rules again?",
    "a put costs evaluations: no put without a difference",
    "a put costs nothing: it may repair failed accounts at any time",
)
QUESTIONS = (QUESTION,)


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """The pack of question 2, once more."""
    return [
        Step(
            "config",
            "put_organization_conformance_pack",
            names.RESULTS_PACK,
            "the same pack again",
            evaluations=2,
        )
    ]


def ask(setting):
    """Put the pack again, and count the invocations of its rule."""
    before = len(setting.invocations(names.RESULTS_RULE))
    text = organization_key.template(setting)
    state = setting.packs.put(names.RESULTS_PACK, text, setting.organization.member)
    put = setting.aws.evidence(str(state) if state else "in progress")
    if state is None or not state.is_successful:
        reason = f"the second put is {state or 'still in progress'} in the member account"
        return [QUESTION.undetermined(reason, put)]

    def poll():
        found = setting.invocations(names.RESULTS_RULE)
        return found if len(found) > before else None

    after = setting.waiting.until(poll)
    count = len(after) if after else before
    shown = setting.aws.evidence(f"{counted(before, 'event')} before, {count} after")
    reason = f"{counted(count - before, 'invocation')} in {setting.options.minutes:g} minutes"
    return [QUESTION.decided(count > before, reason, put, shown)]
