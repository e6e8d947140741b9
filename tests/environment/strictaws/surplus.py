"""Drops members of moto's JSON answers that the service does not have."""

import json


def dropped(call, forward):
    """moto's answer, with the members of the operation's output shape only."""
    response = forward()
    shape = call.model.operation_model(call.operation).output_shape
    if response.status < 300 and shape is not None:
        response.body = json.dumps(_known(json.loads(response.body), shape)).encode()
        response.headers.pop("Content-Length", None)
    return response


def _known(value, shape):
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {
            member.serialization.get("name", name): member for name, member in shape.members.items()
        }
        return {
            name: _known(part, members[name]) for name, part in value.items() if name in members
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_known(part, shape.member) for part in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _known(part, shape.value) for name, part in value.items()}
    return value
