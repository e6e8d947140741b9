"""Question 9.2: are results kept when only the function of a pack's rule changes?"""

from verification import names
from verification.answers import Question, counted
from verification.questions import organization_key
from verification.steps import Step

QUESTION = Question(
    "9.2",
    "Are results kept when only SourceIdentifier of a pack's rule changes?",
    "a move between own and central functions keeps the results",
    "the page on migration states that results begin again",
)
QUESTIONS = (QUESTION,)


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """The pack of question 2, with the other function."""
    return [
        Step(
            "config",
            "put_organization_conformance_pack",
            names.RESULTS_PACK,
            "the same rules with the other function",
            evaluations=2,
            items=2,
        )
    ]


def ask(setting):
    """Change the function of the rule to one that sends nothing, and read the results after it."""
    rule = setting.member.rule(names.RESULTS_RULE)
    name = rule["ConfigRuleName"] if rule else None
    before = name and setting.waiting.until(lambda: setting.member.results(name) or None)
    if not before:
        return [QUESTION.undetermined("the rule had no results before the change")]
    shown = setting.member.aws.evidence(counted(len(before), "result"))
    text = organization_key.template(setting, names.SECOND_FUNCTION)
    state = setting.packs.put(names.RESULTS_PACK, text, setting.organization.member)
    if state is None or not state.is_successful:
        reason = f"the changed pack is {state or 'still in progress'} in the member account"
        return [QUESTION.undetermined(reason, setting.aws.evidence())]
    changed = setting.member.rule(names.RESULTS_RULE)
    if (
        changed is None
        or changed["Source"]["SourceIdentifier"] == rule["Source"]["SourceIdentifier"]
    ):
        return [QUESTION.undetermined("the rule has the same function as before", shown)]
    setting.waiting.until(
        lambda: setting.invocations(names.RESULTS_RULE, names.SECOND_FUNCTION) or None
    )
    is_same = changed["ConfigRuleId"] == rule["ConfigRuleId"]
    after = setting.member.results(changed["ConfigRuleName"])
    evidence = setting.member.aws.evidence(counted(len(after), "result"))
    reason = (
        f"{len(after)} of {len(before)} results, and {'the same' if is_same else 'another'} rule ID"
    )
    return [QUESTION.decided(bool(after), reason, shown, evidence)]
