"""The member account, read with its role."""


class Member:
    """AWS Config and Security Hub of the member account."""

    def __init__(self, aws):
        self.aws = aws

    def has_recorder(self):
        """Whether the account records in this Region."""
        shown = self.aws.read("config", "describe_configuration_recorder_status")
        return any(one.get("recording") for one in shown["ConfigurationRecordersStatus"])

    def rule(self, prefix):
        """The rule of a pack whose name begins so, or None."""
        rules = self.aws.pages("config", "describe_config_rules", "ConfigRules")
        suffixed = f"{prefix}-"
        return next((one for one in rules if one["ConfigRuleName"].startswith(suffixed)), None)

    def status(self, name):
        """When a rule was invoked and evaluated."""
        shown = self.aws.read(
            "config", "describe_config_rule_evaluation_status", ConfigRuleNames=[name]
        )
        return shown["ConfigRulesEvaluationStatus"][0]

    def results(self, name):
        """The results of a rule."""
        return self.aws.pages(
            "config",
            "get_compliance_details_by_config_rule",
            "EvaluationResults",
            ConfigRuleName=name,
        )

    def start(self, name, resource):
        """Start an evaluation of a rule."""
        return self.aws.change(
            "config", "start_config_rules_evaluation", resource, ConfigRuleNames=[name]
        )
