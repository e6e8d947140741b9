"""The rules of a pack in one account and Region, and ``AWS::Config::ConformancePack``."""

import json

from moto.cloudformation import parsing
from moto.config.models import config_backends

from deployment.errors import refused
from deployment.packs import template as pack_template
from deployment.resource_types.added import Added
from services.config import evaluations
from services.config.functions import check_function
from services.config.results import check_recorder

# https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
MAX_INPUT_PARAMETERS = 1024
MAX_RULE_NAME = 128
# Only AWS Config itself creates and changes the rules of packs.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ConfigConformsServiceRolePolicy.html
SERVICE_RULES = "aws-service-rule/config-conforms.amazonaws.com"


class ConformancePack(Added):
    """A pack with its rules, whose functions have to allow AWS Config to invoke them."""

    TYPE, NAME = "AWS::Config::ConformancePack", "ConformancePackName"

    @property
    def id(self):
        """Its id, with which the names of its rules end."""
        return f"conformance-pack-{self.name[-9:].replace('-', '')}"

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Change its rules, or leave them unchanged."""
        original_resource.put(cloudformation_json["Properties"], account_id, region_name)
        return original_resource

    def put(self, properties, account, region):
        """Create its rules from a template."""
        template, given = pack_template.read(properties, account, region)
        self.bring(template, given, account, region)

    def bring(self, template, given, account, region):
        """Create the rules of a template, or change nothing."""
        check_recorder(account, region)
        wanted = [
            self._checked(rule, account, region)
            for rule in _rules(self.name, template, given, account, region)
        ]
        backend = config_backends[account][region]
        before = dict(backend.config_rules)
        try:
            self.remove(account, region)
            for rule in wanted:
                backend.put_config_rule(rule)
                made = backend.config_rules[rule["ConfigRuleName"]]
                owner = f"{made.config_rule_arn.rpartition(':')[0]}:config-rule"
                made.config_rule_arn = f"{owner}/{SERVICE_RULES}/{made.config_rule_id}"
        except Exception:
            backend.config_rules.clear()
            backend.config_rules.update(before)
            raise
        evaluations.request(account, region, [rule["ConfigRuleName"] for rule in wanted])

    def _checked(self, rule, account, region):
        check_function(rule["Source"]["SourceIdentifier"], account, region)
        parameters = json.dumps(rule.get("InputParameters", {}))
        name = f"{rule['ConfigRuleName']}-{self.id}"
        if len(parameters) > MAX_INPUT_PARAMETERS or len(name) > MAX_RULE_NAME:
            raise refused(f"rule {name}: its name or its parameters are too long")
        kinds = {detail["MessageType"] for detail in rule["Source"]["SourceDetails"]}
        if ("Scope" in rule) != bool(kinds - {"ScheduledNotification"}):
            message = f"rule {name}: a rule on changes needs a scope, and a periodic one has none"
            raise refused(message, "InvalidParameterValueException")
        return {**rule, "ConfigRuleName": name, "InputParameters": parameters}

    def remove(self, account, region):
        """Delete its rules."""
        rules = config_backends[account][region].config_rules
        for name in [name for name in rules if name.endswith(f"-{self.id}")]:
            del rules[name]


def _rules(name, template, given, account, region):
    """The properties of a template's rules, with functions and parameters resolved."""
    resources = parsing.ResourceMap("", name, given, {}, region, account, template, {})
    resources.load_parameters()
    resources.load_conditions()
    for resource in template["Resources"].values():
        yield parsing.clean_json(resource["Properties"], resources)
