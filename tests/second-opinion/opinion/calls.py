"""What is recorded of a call, and which members its response has."""

import functools
import io
from dataclasses import dataclass, field

import botocore.session
from botocore.parsers import PROTOCOL_PARSERS, ResponseParserError, create_parser


@dataclass(frozen=True)
class RecordedCall:
    """One call of a run: its operation, how it ended, and the members of its response."""

    phase: str
    service: str
    operation: str
    region: str
    status: int
    #: The error code; empty after a success.
    code: str = ""
    #: The error message, for the person who investigates a difference.
    message: str = ""
    members: frozenset = field(default_factory=frozenset)
    #: Pairs of a member and what contradicts the model of the service in botocore.
    problems: tuple = ()

    @property
    def name(self):
        """Service and operation, as in ``iam:ListUsers``."""
        return f"{self.service}:{self.operation}"

    @property
    def outcome(self):
        """How the call ended: ``200``, or ``400 ValidationError``."""
        return f"{self.status} {self.code}".strip()


@functools.cache
def _shape(api, operation):
    return botocore.session.get_session().get_service_model(api).operation_model(operation)


def parse(call, response):
    """Return error code, error message and member paths of a response."""
    if call.operation is None or call.protocol not in PROTOCOL_PARSERS:
        return "", "", frozenset()
    operation = _shape(call.api, call.operation)
    shape = operation.output_shape
    given = {
        "status_code": response.status,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": response.body,
        "context": {},
    }
    if response.status < 300 and operation.has_streaming_output:
        given["body"] = io.BytesIO(response.body)
    try:
        parsed = create_parser(call.protocol).parse(given, shape)
    except ResponseParserError as error:
        return "Unparsable", str(error), frozenset()
    if response.status >= 300:
        error = parsed.get("Error", {})
        return str(error.get("Code") or ""), str(error.get("Message") or ""), frozenset()
    return "", "", frozenset(members(parsed, shape) if shape else ())


def members(value, shape, path=""):
    """Yield the path of each member that has a value; ``[]`` is an item, ``{}`` a map's value."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            part = value.get(name)
            if part is None or part in ("", [], {}):
                continue
            under = f"{path}.{name}" if path else name
            yield under
            yield from members(part, member, under)
    elif shape.type_name == "list" and isinstance(value, list):
        for part in value:
            yield from members(part, shape.member, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for part in value.values():
            yield from members(part, shape.value, f"{path}{{}}")
