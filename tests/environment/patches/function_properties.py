"""Functions of templates have their architecture, and keep the limits of Lambda.

moto: ignores ``Architectures``, accepts any environment variable, time and memory, reads code from
buckets of all accounts, and returns a reserved concurrency as the text of the parameter.
AWS: creates functions of the architecture, and refuses what is outside of the limits or not
readable.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
"""

from moto.awslambda.models import LambdaFunction

from deployment.resource_types.functions import check_code, check_function
from patches.registry import replaces


@replaces(LambdaFunction, "create_from_cloudformation_json")
def create(original, cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """Create the function where Lambda would."""
    properties = cloudformation_json["Properties"]
    check_function(properties)
    check_code(properties["Code"], account_id, region_name)
    function = original(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    function.architectures = properties.get("Architectures", ["x86_64"])
    if function.reserved_concurrency is not None:
        function.reserved_concurrency = int(function.reserved_concurrency)
    return function
