"""The template of a conformance pack, checked as AWS Config checks it before it creates rules."""

import yaml
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from access import buckets, callers
from deployment.errors import refused

# https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html and
# https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html
MAX_BYTES = 300 * 1024
MAX_BODY_BYTES = 51_200
MAX_RULES = 130
MAX_PARAMETERS = 60
_ROLE = "aws-service-role/config-conforms.amazonaws.com/AWSServiceRoleForConfigConforms"
_INVALID = "ConformancePackTemplateValidationException"
_ALLOWED = ("AWS::Config::ConfigRule", "AWS::Config::RemediationConfiguration")


def read(properties, account, region):
    """The template of a pack, and the values of its parameters by name."""
    text = _text(properties, account, region)
    try:
        template = yaml.safe_load(text)
        resources = template["Resources"]
    except (yaml.YAMLError, TypeError, KeyError) as problem:
        raise refused("the template is not YAML with Resources", _INVALID) from problem
    parameters = properties.get("ConformancePackInputParameters") or []
    if len(parameters) > MAX_PARAMETERS:
        raise refused(
            "Value at 'conformancePackInputParameters' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_PARAMETERS}"
        )
    given = {one["ParameterName"]: one["ParameterValue"] for one in parameters}
    known = template.get("Parameters", {})
    unknown = sorted(set(given) - set(known))
    missing = sorted(
        name
        for name, parameter in known.items()
        if name not in given and "Default" not in parameter
    )
    if unknown or missing:
        message = f"the template has no parameters {unknown}, and needs {missing}"
        raise refused(message, _INVALID)
    if len(resources) > MAX_RULES:
        code = "MaxNumberOfConformancePacksExceededException"
        raise refused(f"a pack has at most {MAX_RULES} rules", code)
    for resource in resources.values():
        if resource["Type"] not in _ALLOWED:
            raise refused(f"{resource['Type']} is not for packs", _INVALID)
    return template, given


def _text(properties, account, region):
    """The template's text, from the request or from a bucket that the account may read."""
    if "TemplateS3Uri" not in properties:
        text = properties.get("TemplateBody", "")
        if not 1 <= len(text.encode()) <= MAX_BODY_BYTES:
            raise refused(
                "Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length from 1 to {MAX_BODY_BYTES}"
            )
        return text
    uri = properties["TemplateS3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    caller = callers.service_role(account, region, _ROLE)
    found = buckets.may(caller, "s3:GetObject", bucket, key)
    backend = s3_backends[account][get_partition(region)]
    template = backend.get_object(bucket, key) if found else None
    if template is None:
        raise refused(f"{uri} cannot be read", "InsufficientPermissionsException")
    if len(template.value) > MAX_BYTES:
        raise refused("the template is larger than 300 KB", _INVALID)
    return template.value
