"""CloudWatch over rpc-v2-cbor, which moto does not speak: told as JSON."""

import io
import json
from datetime import datetime, timezone

import cbor
import wire

_TARGET = "GraniteServiceVersion20100801"


class CloudWatch:
    """Translates calls in the binary protocol."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("cloudwatch", "*"): self.translate}

    def control(self):
        """CloudWatch needs no control functions."""
        return {}

    @staticmethod
    def translate(call, forward):
        """Pass a binary call on as JSON, and the answer back as binary."""
        if call.protocol != "smithy-rpc-v2-cbor":
            return forward()
        given = cbor.decode(call.body) if call.body else {}
        body = json.dumps(given).encode()
        call.environ.update(
            {
                "wsgi.input": io.BytesIO(body),
                "CONTENT_LENGTH": str(len(body)),
                "CONTENT_TYPE": "application/x-amz-json-1.0",
                "HTTP_X_AMZ_TARGET": f"{_TARGET}.{call.operation}",
                "PATH_INFO": "/",
                "RAW_URI": "/",
            }
        )
        response = forward()
        answer = json.loads(response.body or b"{}")
        if response.status >= 300:
            code = answer.get("__type", "InternalFailure").rpartition("#")[2]
            return wire.error(call, code, answer.get("message", ""), response.status)
        shape = call.model.operation_model(call.operation).output_shape
        headers = {
            "Content-Type": "application/cbor",
            "smithy-protocol": "rpc-v2-cbor",
            "x-amzn-requestid": wire.request_id(),
        }
        return wire.Response(200, headers, cbor.encode(_typed(answer, shape) if shape else {}))


def _typed(value, shape):
    """JSON values with times turned into times."""
    if value is None:
        return None
    if shape.type_name == "structure":
        return {name: _typed(part, shape.members[name]) for name, part in value.items() if name in shape.members}
    if shape.type_name == "list":
        return [_typed(part, shape.member) for part in value]
    if shape.type_name == "map":
        return {name: _typed(part, shape.value) for name, part in value.items()}
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, timezone.utc)
    if shape.type_name in ("double", "float"):
        return float(value)
    return value
