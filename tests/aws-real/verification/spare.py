"""The spare account, which is moved into the spare unit and back."""

import time
from dataclasses import dataclass

from botocore.exceptions import ClientError

from verification import names, packs, stack_sets
from verification.errors import code_of, text_of
from verification.steps import Step

GIVE = "give --spare-account and --spare-unit"


def missing(options):
    """What has to be given."""
    return None if options.spare_account else GIVE


def steps(options):
    """The stack sets of the unit, a pack for the account, and the move."""
    return [
        Step(
            "cloudformation",
            "create_stack",
            names.UNIT_STACK,
            "a stack set for the spare unit, with automatic deployment",
            items=3,
        ),
        Step(
            "cloudformation",
            "create_stack",
            names.EXCLUDED_STACK,
            "the same, but the spare account is excluded",
        ),
        Step(
            "config",
            "put_organization_conformance_pack",
            names.JOINING_PACK,
            "one rule in the spare account; all other accounts are excluded",
            evaluations=1,
            items=3,
        ),
        Step(
            "organizations",
            "move_account",
            str(options.spare_account),
            f"to {options.spare_unit}, and back at the end",
            account="management",
        ),
    ]


@dataclass
class Joined:
    """What happened after the move: seconds until stack and pack, or the reason of the failure."""

    problem: str = None
    stack: float = None
    pack: float = None
    pack_state: packs.State = None
    evidence: tuple = ()


def move(setting):
    """Create the stack sets, put the pack at the time of the move, and measure. Once a run."""
    if setting.joined is None:
        setting.joined = _moved(setting)
    return setting.joined


def _moved(setting):
    organization, region = setting.organization, setting.region
    tags = {
        names.MOVED: organization.spare,
        names.MOVED_FROM: organization.spare_parent,
        names.MOVED_TO: organization.unit,
    }
    template = stack_sets.unit(organization, region)
    failure = setting.stacks.create(names.UNIT_STACK, template, **tags)
    if failure is None:
        template = stack_sets.excluded(organization, region)
        failure = setting.stacks.create(names.EXCLUDED_STACK, template)
    if failure is not None:
        problem = f"a stack set for the unit could not be created: {failure}"
        return Joined(problem, evidence=(setting.aws.evidence(),))
    if organization.spare_parent != organization.unit:
        try:
            setting.management.change(
                "organizations",
                "move_account",
                organization.spare,
                AccountId=organization.spare,
                SourceParentId=organization.spare_parent,
                DestinationParentId=organization.unit,
            )
        except ClientError as problem:
            text = f"the account could not be moved: {text_of(problem)}"
            if code_of(problem) == "AccessDeniedException":
                text += "; give --management-profile"
            return Joined(text, evidence=(setting.management.evidence(),))
    moved = setting.management.evidence(f"to {organization.unit}")
    return _measured(setting, moved)


def _measured(setting, moved):
    begun, joined = time.monotonic(), Joined(evidence=(moved,))
    spare = setting.organization.spare
    rule = packs.rule(names.JOINING_RULE, setting.arn(names.FUNCTION), {})
    setting.aws.change(
        "config",
        "put_organization_conformance_pack",
        names.JOINING_PACK,
        OrganizationConformancePackName=names.JOINING_PACK,
        TemplateBody=packs.template([rule]),
        ExcludedAccounts=setting.organization.others(spare),
    )

    def poll():
        if joined.stack is None:
            instance = setting.stacks.instance(names.UNIT_STACK, spare)
            if instance is not None and instance["Status"] == "CURRENT":
                joined.stack = time.monotonic() - begun
                joined.evidence += (setting.aws.evidence("the stack instance is CURRENT"),)
        if joined.pack_state is None:
            state = setting.packs.state(names.JOINING_PACK, spare)
            if state is not None and not state.status.endswith("_IN_PROGRESS"):
                joined.pack, joined.pack_state = time.monotonic() - begun, state
                joined.evidence += (setting.aws.evidence(str(state)),)
        return True if joined.stack is not None and joined.pack is not None else None

    setting.waiting.until(poll)
    return joined
