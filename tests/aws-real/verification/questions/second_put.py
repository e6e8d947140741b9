"""Question 5: what does a second put do in an account where the first one failed?"""

from verification import names, packs
from verification.answers import Question
from verification.steps import Step

QUESTION = Question(
    "5",
    "Does a second put of an unchanged pack create the rules in an account where the first failed?",
    "a retry is a second put",
    "a retry is DeleteOrganizationConformancePack and a put",
)
QUESTIONS = (QUESTION,)


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """A pack that fails, a permission, and the same pack again."""
    one_rule = "one rule in the member account; all other accounts are excluded"
    return [
        Step(
            "config",
            "put_organization_conformance_pack",
            names.RETRY_PACK,
            f"{one_rule}; fails, and is put again",
            evaluations=2,
            items=3,
        ),
        Step("lambda", "put_resource_policy", names.SECOND_FUNCTION, "AWS Config may invoke it"),
    ]


def ask(setting):
    """Put a pack whose function AWS Config may not invoke, then permit it, and put again."""
    member = setting.organization.member
    rule = packs.rule(names.RETRY_RULE, setting.arn(names.SECOND_FUNCTION), {})
    text = packs.template([rule])
    first = setting.packs.put(names.RETRY_PACK, text, member)
    failed = setting.aws.evidence(str(first) if first else "in progress")
    setting.allow(names.SECOND_FUNCTION, setting.policy)
    if first is None or first.is_successful:
        reason = f"the first put is {first or 'still in progress'}, and should have failed"
        return [QUESTION.undetermined(reason, failed)]
    second = setting.packs.put(names.RETRY_PACK, text, member)
    evidence = setting.aws.evidence(str(second) if second else "unchanged")
    if second is None:
        reason = "the state of the account did not change after the second put"
        return [QUESTION.no(reason, failed, evidence)]
    rule = setting.member.rule(names.RETRY_RULE)
    is_there = second.is_successful and rule is not None
    reason = f"first {first.status}, then {second}; the rule {'exists' if rule else 'is missing'}"
    return [QUESTION.decided(is_there, reason, failed, evidence)]
