"""Question 6: does the stack set or the pack reach an account first?"""

from verification import spare
from verification.answers import Question

QUESTION = Question(
    "6",
    "Does the role of the stack set reach an account before the rules of the pack?",
    "rules of an account that joins have their role",
    "the daily check starts the rules of accounts that join, at an interval above the difference",
)
QUESTIONS = (QUESTION,)

missing, steps = spare.missing, spare.steps


def ask(setting):
    """Compare the times. The pack is put at the time of the move, as for an account that joins."""
    joined = spare.move(setting)
    if joined.problem:
        return [QUESTION.undetermined(joined.problem, *joined.evidence)]
    if joined.stack is None:
        reason = "the stack set did not reach the account in time"
        return [QUESTION.undetermined(reason, *joined.evidence)]
    if joined.pack is None:
        reason = "the pack was still in progress when the time was over"
        return [QUESTION.undetermined(reason, *joined.evidence)]
    if not joined.pack_state.is_successful:
        reason = f"the pack failed in the spare account: {joined.pack_state}"
        return [QUESTION.undetermined(reason, *joined.evidence)]
    reason = (
        f"stack set after {joined.stack:.0f} s, pack after {joined.pack:.0f} s, of a pack that was "
        "put at the time of the move; an account that joins the organization was not tried"
    )
    return [QUESTION.decided(joined.stack < joined.pack, reason, *joined.evidence)]
