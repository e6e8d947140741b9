"""A rule may have a function of another account.

moto: looks for every function in the account of the rule.
AWS: the ARN names the account; central functions serve rules of members.
Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
"""

from moto.config.models import Source

from patches.registry import replaces


@replaces(Source, "__init__")
def init(original, source, account_id, region, owner, source_identifier, source_details=None):
    """Look for the function in the account that its ARN names."""
    parts = source_identifier.split(":")
    account = parts[4] if len(parts) == 7 else account_id
    original(source, account, region, owner, source_identifier, source_details)
