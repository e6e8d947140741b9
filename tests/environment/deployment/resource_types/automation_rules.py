"""``AWS::SecurityHub::AutomationRule``."""

from deployment.errors import refused
from deployment.resource_types.added import Added

# https://docs.aws.amazon.com/securityhub/latest/userguide/automation-rules.html
MAX_TITLES = 100


class AutomationRule(Added):
    """A rule for findings; it is validated and has no effect.

    ``is_enabled(account, region)`` says where Security Hub is enabled.
    """

    is_enabled = None
    TYPE, NAME = "AWS::SecurityHub::AutomationRule", "RuleName"

    def put(self, properties, account, region):
        """Check the rule."""
        if not type(self).is_enabled(account, region):
            message = f"Account {account} is not subscribed to AWS Security Hub"
            raise refused(message, "InvalidAccessException")
        if len(properties["Criteria"].get("Title", [])) > MAX_TITLES:
            raise refused(f"Title takes at most {MAX_TITLES} filters")
