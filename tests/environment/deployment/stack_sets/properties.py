"""The properties of a stack set, checked as CloudFormation checks them."""

import re

from moto.cloudformation.models import Stack
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.utilities.utils import get_partition

from deployment.errors import stack_error
from deployment.stacks.templates import STACK, check_parameters
from strictaws.wire import AwsError

MAX_TEMPLATE_BYTES = 1_048_576
MAX_INSTANCES = 100_000
_MAX_UNITS = 50
_FILTERS = ("NONE", "INTERSECTION", "DIFFERENCE", "UNION")
_RANGES = (
    ("FailureToleranceCount", 0, MAX_INSTANCES),
    ("FailureTolerancePercentage", 0, 100),
    ("MaxConcurrentCount", 1, 10_000),
    ("MaxConcurrentPercentage", 1, 100),
)


def check(properties, account, region, backend, arns):
    """The template of valid properties. ``arns`` are the stack sets that exist."""
    units = {unit.id for unit in backend.ou}
    for group in properties.get("StackInstancesGroup", []):
        check_targets(group["DeploymentTargets"], group["Regions"], units)
    check_preferences(properties.get("OperationPreferences", {}))
    for arn in properties.get("AutoDeployment", {}).get("DependsOn", []):
        if arn not in arns:
            raise stack_error(f"StackSet {arn} that AutoDeployment depends on was not found")
    template = _read(properties, account, region)
    content = Stack.parse_template(template)
    resources = content["Resources"].values()
    if any(resource["Type"] == STACK for resource in resources):
        raise stack_error("Stack sets with service-managed permissions take no nested stacks")
    has_roles = any("RoleName" in resource.get("Properties", {}) for resource in resources)
    if has_roles and "CAPABILITY_NAMED_IAM" not in properties.get("Capabilities", []):
        message = "Requires capabilities : [CAPABILITY_NAMED_IAM]"
        raise AwsError("InsufficientCapabilitiesException", message)
    given = properties.get("Parameters", [])
    check_parameters({one["ParameterKey"]: one["ParameterValue"] for one in given}, content)
    return template


def check_targets(targets, regions, units):
    """Refuse invalid targets: units that do not exist, or nothing at all."""
    asked = targets.get("OrganizationalUnitIds", [])
    if not asked or not regions:
        raise stack_error(
            "Stack sets with service-managed permissions need organizational units as targets, "
            "and Regions"
        )
    if len(asked) > _MAX_UNITS:
        raise stack_error(f"At most {_MAX_UNITS} organizational units can be targeted at once")
    unknown = sorted(set(asked) - units)
    if unknown:
        raise stack_error(f"Organizational units {unknown} do not exist")
    if "AccountsUrl" in targets:
        raise NotImplementedError("AccountsUrl is not in the test environment")
    named, kind = targets.get("Accounts") or [], targets.get("AccountFilterType")
    if kind not in (None, *_FILTERS):
        raise stack_error(f"AccountFilterType must be one of {', '.join(_FILTERS)}")
    if not all(re.fullmatch(r"\d{12}", one) for one in named):
        raise stack_error("Accounts must be ids of twelve digits")
    if named and kind is None:
        message = "AccountFilterType is needed where Accounts and OrganizationalUnitIds are given"
        raise stack_error(message)
    if bool(named) == (kind in (None, "NONE")):
        raise stack_error(f"AccountFilterType {kind} does not go with {len(named)} Accounts")


def check_preferences(preferences):
    """Refuse preferences of an operation that exclude one another or are out of range."""
    for one, other in (
        ("FailureToleranceCount", "FailureTolerancePercentage"),
        ("MaxConcurrentCount", "MaxConcurrentPercentage"),
    ):
        if one in preferences and other in preferences:
            raise stack_error(f"You can specify either {one} or {other}, but not both")
    for name, low, high in _RANGES:
        if name in preferences and not low <= int(preferences[name]) <= high:
            raise stack_error(f"{name} is from {low} to {high}")


def _read(properties, account, region):
    """The template, as the account that creates the stack set reads it."""
    if "TemplateURL" not in properties:
        return properties["TemplateBody"]
    url = properties["TemplateURL"]
    try:
        template = get_stack_from_s3_url(url, account, get_partition(region))
    except Exception as problem:  # no such bucket or object
        raise stack_error("S3 error: The specified key does not exist.") from problem
    if len(template.encode()) > MAX_TEMPLATE_BYTES:
        raise stack_error(f"Template may not exceed {MAX_TEMPLATE_BYTES} bytes in size.")
    return template
