"""The test environment as a whole: which parts it has, and what they know of each other."""

import patches
from access.guard import guard
from deployment.organizations.calls import Organizations
from deployment.organizations.control_policies import ControlPolicies
from deployment.organizations.generated import GeneratedOrganizations
from deployment.packs.account_calls import ConformancePacks
from deployment.packs.organization import OrganizationPacks
from deployment.packs.organization_calls import OrganizationPackCalls
from deployment.packs.resource import OrganizationConformancePack
from deployment.packs.rules import ConformancePack
from deployment.resource_types.alarms import Alarm
from deployment.resource_types.automation_rules import AutomationRule
from deployment.resource_types.bucket_policies import BucketPolicy
from deployment.resource_types.config_rules import ConfigRule
from deployment.resource_types.function_policies import FunctionPolicy
from deployment.resource_types.noted import BuildProject
from deployment.resource_types.schedules import Schedule
from deployment.stack_sets.calls import StackSetCalls
from deployment.stack_sets.resource import StackSetResource
from deployment.stack_sets.sets import StackSets
from deployment.stacks.calls import Stacks
from deployment.stacks.drift_calls import StackDrift
from services import DIFFERENCES
from services.access_analyzer import AccessAnalyzer
from services.account import AccountContacts
from services.cloudtrail import Trails
from services.cloudwatch import CloudWatch
from services.config.aggregators import Aggregator, Aggregators
from services.config.evaluation_status import EvaluationStatus
from services.config.invocations import RuleInvocations
from services.config.results import ConfigRules
from services.ec2 import Network
from services.iam.calls import Identity
from services.kms import Keys
from services.lambda_invocations import Invocations
from services.lambda_policies import FunctionPolicies
from services.lambda_runtime import Runtime
from services.logs import Logs
from services.macie import Macie
from services.rds import Databases
from services.regions import EnabledRegions
from services.s3 import Buckets
from services.scheduler import Schedules
from services.security_hub.hub import SecurityHub
from services.sns import Topics
from services.step_functions.calls import StateMachines
from services.sts import SecurityTokens
from services.surplus import Surplus
from strictaws.answers import Answers
from strictaws.application import Application
from strictaws.background import Background


def environment(check_answers=True):
    """The application with all parts, over a moto with all patches.

    ``check_answers``: compare each answer with the model of its service.
    One a process: moto's state and the types of resources are the process's.
    """
    background = Background()
    regions = EnabledRegions()
    stack_sets = StackSets(background, regions)
    organization_packs = OrganizationPacks(background, regions)
    security_hub, config_rules = SecurityHub(), ConfigRules()
    invocations = Invocations(Runtime(), background)
    state_machines = StateMachines(invocations, background)
    patches.apply(
        (
            Aggregator,
            Alarm,
            BucketPolicy,
            BuildProject,
            ConfigRule,
            ConformancePack,
            FunctionPolicy,
            Schedule,
            AutomationRule.bound(is_enabled=security_hub.is_enabled),
            StackSetResource.bound(sets=stack_sets),
            OrganizationConformancePack.bound(packs=organization_packs),
        )
    )
    return Application(
        (
            AccessAnalyzer(),
            AccountContacts(regions),
            Aggregators(config_rules),
            Buckets(),
            CloudWatch(),
            config_rules,
            ConformancePacks(),
            ControlPolicies(),
            Databases(),
            EvaluationStatus(config_rules),
            FunctionPolicies(),
            GeneratedOrganizations(stack_sets, security_hub),
            Identity(),
            invocations,
            Keys(),
            Logs(),
            Macie(),
            Network(regions),
            Organizations((stack_sets, organization_packs), background),
            OrganizationPackCalls(organization_packs),
            RuleInvocations(config_rules, invocations, security_hub, background),
            security_hub,
            Schedules(state_machines),
            SecurityTokens(),
            StackSetCalls(stack_sets),
            StackDrift(),
            Stacks(background),
            state_machines,
            Surplus(),
            Topics(),
            Trails(),
        ),
        control="/_plumbline/",
        answers=Answers(DIFFERENCES) if check_answers else None,
        background=background,
        guard=guard,
    )
