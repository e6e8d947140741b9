"""Question 4: does AWS Config forward evaluations of pack rules to Security Hub?"""

from botocore.exceptions import ClientError

from verification import names, stack_sets
from verification.answers import Question, counted
from verification.errors import code_of, text_of
from verification.steps import Step

QUESTION = Question(
    "4",
    "Are evaluations of pack rules forwarded to Security Hub?",
    "every finding is there twice: the automation rule is for packs too",
    "the automation rule is only for rules outside of packs",
)
QUESTIONS = (QUESTION,)
_HOURS = 3


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """A rule outside of packs: its findings show that AWS Config forwards at all."""
    return [
        Step(
            "cloudformation",
            "create_stack",
            names.CONTROL_STACK,
            f"a stack set with rule {names.CONTROL_RULE} in the member account",
            evaluations=1,
            items=5,
        )
    ]


def ask(setting):
    """Search the findings of AWS Config for both rules."""
    hub = setting.member.aws
    try:
        hub.read("securityhub", "describe_hub")
    except ClientError as problem:
        if code_of(problem) not in ("InvalidAccessException", "ResourceNotFoundException"):
            raise
        reason = f"Security Hub is not enabled in the member account ({text_of(problem)})"
        return [QUESTION.undetermined(reason, hub.evidence())]
    template = stack_sets.control(setting.organization, setting.region, setting.arn(names.FUNCTION))
    failure = setting.stacks.create(names.CONTROL_STACK, template)
    if failure is not None:
        reason = f"the rule outside of packs could not be created: {failure}"
        return [QUESTION.undetermined(reason, setting.aws.evidence())]
    pack = setting.waiting.until(lambda: _findings(hub, names.RESULTS_RULE) or None, _HOURS)
    if pack:
        title = pack[0]["Title"]
        return [
            QUESTION.yes(f"Security Hub has the finding '{title}'", hub.evidence(pack[0]["Id"]))
        ]
    empty = hub.evidence("no finding for the pack's rule")
    control = _findings(hub, names.CONTROL_RULE)
    if control:
        found = hub.evidence(f"{counted(len(control), 'finding')} for the rule outside of packs")
        reason = "AWS Config forwarded the rule outside of packs, and not the rule of the pack"
        return [QUESTION.no(reason, empty, found)]
    reason = "AWS Config forwarded neither the rule of the pack nor the rule outside of packs"
    return [QUESTION.undetermined(reason, empty)]


def _findings(aws, rule):
    """The findings of AWS Config for a rule; its name is the title."""
    product = f"arn:{_partition(aws)}:securityhub:{aws.region}::product/aws/config"
    filters = {
        "ProductArn": [{"Value": product, "Comparison": "EQUALS"}],
        "Title": [{"Value": rule, "Comparison": "PREFIX"}],
    }
    return aws.read("securityhub", "get_findings", Filters=filters)["Findings"]


def _partition(aws):
    return aws.session.get_partition_for_region(aws.region)
