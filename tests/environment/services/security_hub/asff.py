"""The requirements of Security Hub for an imported finding (ASFF)."""

import json
import re
from datetime import datetime

from moto.core.utils import get_service_model

MAX_FINDING = 240 * 1024
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$")
_NAMESPACES = (
    "Software and Configuration Checks",
    "TTPs",
    "Effects",
    "Unusual Behaviors",
    "Sensitive Data Identifications",
)
_TIMES = ("CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt")
#: Maximum lengths of texts, by path without list positions.
_LENGTHS = {
    "Id": 512,
    "GeneratorId": 512,
    "Title": 256,
    "Description": 1024,
    "SourceUrl": 2048,
    "Remediation.Recommendation.Text": 512,
    "Remediation.Recommendation.Url": 2048,
    "Resources.Id": 512,
    "Resources.Type": 256,
    "Compliance.RelatedRequirements": 64,
    "Compliance.StatusReasons.ReasonCode": 512,
    "Compliance.StatusReasons.Description": 1024,
}
#: Minimum and maximum number of entries of lists and maps.
_COUNTS = {
    "Resources": (1, 32),
    "Compliance.RelatedRequirements": (1, 32),
    "ProductFields": (1, 50),
    "Types": (1, 50),
    "FindingProviderFields.Types": (1, 50),
}


class Invalid(Exception):
    """The finding violates a rule; the message states the rule and the path."""


def moment(text):
    """The time of an ISO 8601 text with a time zone, or None if the text is invalid."""
    if not isinstance(text, str) or not _TIME.match(text):
        return None
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", text.replace("Z", "+00:00"))
    text = re.sub(r"\.(\d{1,6})(?=[+-])", lambda found: "." + found.group(1).ljust(6, "0"), text)
    try:
        return datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text))
    except ValueError:
        return None


def check(finding, account, region, partition):
    """Raise :class:`Invalid` if Security Hub would reject the finding."""
    if not isinstance(finding, dict):
        raise Invalid("a finding must be an object")
    shape = get_service_model("securityhub").shape_for("AwsSecurityFinding")
    _walk(finding, shape, "")
    if len(json.dumps(finding, ensure_ascii=False).encode()) > MAX_FINDING:
        raise Invalid("the finding is larger than 240 KB")
    if finding["SchemaVersion"] != "2018-10-08":
        raise Invalid("SchemaVersion must be 2018-10-08")
    product = f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default"
    if finding["ProductArn"] != product:
        raise Invalid(f"ProductArn must be {product}")
    if finding["AwsAccountId"] != account:
        raise Invalid(f"AwsAccountId must be {account}, the account of the caller")
    for name in _TIMES:
        if name in finding and moment(finding[name]) is None:
            raise Invalid(f"{name} must be an ISO 8601 time with a zone")
    provider = finding.get("FindingProviderFields", {})
    if "Label" not in provider.get("Severity", {}):
        raise Invalid("FindingProviderFields.Severity.Label is required")
    if "Types" not in provider:
        raise Invalid("FindingProviderFields.Types is required")
    for where, types in (
        ("Types", finding.get("Types", [])),
        ("FindingProviderFields.Types", provider["Types"]),
    ):
        for text in types:
            parts = text.split("/")
            if (
                len(parts) > 3
                or parts[0] not in _NAMESPACES
                or not all(part.strip() for part in parts)
            ):
                raise Invalid(
                    f"{where} must be namespace/category/classifier with a known namespace, "
                    f"not {text!r}"
                )
    for key, value in finding.get("ProductFields", {}).items():
        if len(key) > 128 or len(value) > 2048:
            raise Invalid(
                f"ProductFields {key[:40]!r}: a key has at most 128 characters and a value 2048"
            )
        if key.startswith("aws/"):
            raise Invalid("ProductFields keys that start with aws/ are reserved")


def _walk(value, shape, path):
    """Check a value and its members against the shape of the service model."""
    plain = path or "the finding"
    if shape.type_name == "structure":
        _is(value, dict, plain)
        if not value:
            raise Invalid(f"{plain} is empty")
        for name in value:
            if name not in shape.members:
                raise Invalid(f"{_under(path, name)} is not a field of ASFF")
        for name in shape.required_members:
            if name not in value:
                raise Invalid(f"{_under(path, name)} is required")
        for name, part in value.items():
            _walk(part, shape.members[name], _under(path, name))
    elif shape.type_name == "list":
        _is(value, list, plain)
        _count(value, path)
        for part in value:
            _walk(part, shape.member, path)
    elif shape.type_name == "map":
        _is(value, dict, plain)
        _count(value, path)
        for name, part in value.items():
            if not name.strip():
                raise Invalid(f"{plain} has an empty key")
            _walk(
                part,
                shape.value,
                f"{path}.{name}" if path != "ProductFields" else f"ProductFields.{name}",
            )
    elif shape.type_name in ("string", "timestamp"):
        _is(value, str, plain)
        if not value.strip():
            raise Invalid(f"{plain} is an empty string")
        if shape.enum and value not in shape.enum:
            raise Invalid(f"{plain} must be one of {', '.join(shape.enum)}, not {value!r}")
        if len(value) > _LENGTHS.get(path, len(value)):
            raise Invalid(f"{plain} has {len(value)} characters, more than {_LENGTHS[path]}")
    elif shape.type_name == "boolean":
        _is(value, bool, plain)
    elif shape.type_name in ("integer", "long"):
        _is(value, int, plain)
        low, high = shape.metadata.get("min", value), shape.metadata.get("max", value)
        if not low <= value <= high:
            raise Invalid(f"{plain} must be from {low} to {high}")
    elif shape.type_name in ("double", "float"):
        _is(value, (int, float), plain)


def _under(path, name):
    return f"{path}.{name}" if path else name


def _is(value, kind, path):
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Invalid(f"{path} has the wrong type")


def _count(value, path):
    low, high = _COUNTS.get(path, (1, len(value) or 1))
    if not value:
        raise Invalid(f"{path} is empty")
    if not low <= len(value) <= high:
        raise Invalid(f"{path} has {len(value)} entries; from {low} to {high} are allowed")
