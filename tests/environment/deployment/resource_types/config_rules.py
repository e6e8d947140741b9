"""``AWS::Config::ConfigRule`` outside of packs; moto lacks it."""

import json

from moto.config.models import config_backends

from deployment.resource_types.added import Added
from services.config import evaluations
from services.config.functions import check_function
from services.config.results import check_recorder


class ConfigRule(Added):
    """A rule of an account, which needs a recorder and a function that AWS Config may invoke."""

    TYPE, NAME = "AWS::Config::ConfigRule", "ConfigRuleName"

    def put(self, properties, account, region):
        """Create the rule."""
        check_recorder(account, region)
        source = properties.get("Source", {})
        if source.get("Owner") == "CUSTOM_LAMBDA":
            check_function(source.get("SourceIdentifier", ""), account, region)
        parameters = json.dumps(properties.get("InputParameters", {}))
        rule = {**properties, "ConfigRuleName": self.name, "InputParameters": parameters}
        config_backends[account][region].put_config_rule(rule)
        evaluations.request(account, region, [self.name])

    def remove(self, account, region):
        """Delete the rule."""
        config_backends[account][region].config_rules.pop(self.name, None)
