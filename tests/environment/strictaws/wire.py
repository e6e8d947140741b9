"""Answers in the wire shape of each AWS protocol."""

import json
import uuid
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from moto.core.serialize import SerializationContext, get_serializer_class

from strictaws import cbor


@dataclass
class Response:
    """An answer: status, headers, body."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""


class AwsError(Exception):
    """An error to be sent in the caller's protocol."""

    def __init__(self, code, message, status=400, headers=None, members=None):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status
        self.headers, self.members = headers or {}, members or {}


def request_id():
    """A fresh request id."""
    return str(uuid.uuid4())


def json_content_type(call):
    """The content type of a JSON protocol's answer."""
    if call.protocol == "json":
        version = call.model.metadata.get("jsonVersion", "1.1") if call.model else "1.1"
        return f"application/x-amz-json-{version}"
    return "application/json"


def namespace(call):
    """The XML namespace of a service."""
    if call.model and call.model.metadata.get("xmlNamespace"):
        return call.model.metadata["xmlNamespace"]
    version = call.model.metadata.get("apiVersion", "2010-05-08") if call.model else "2010-05-08"
    return f"https://{call.signing_name}.amazonaws.com/doc/{version}/"


def error(call, code, message, status, headers=None, members=None):
    """An error answer in the protocol of the call."""
    identity = request_id()
    text, name = escape(message), escape(code)
    extra = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in (members or {}).items())
    if call.protocol == "ec2":
        kind, head = "text/xml;charset=UTF-8", {"x-amzn-requestid": identity}
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>{name}</Code>'
            f"<Message>{text}</Message></Error></Errors><RequestID>{identity}</RequestID></Response>"
        )
    elif call.protocol == "query":
        kind, head = "text/xml", {"x-amzn-requestid": identity}
        fault = "Sender" if status < 500 else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{namespace(call)}">\n  <Error>\n    <Type>{fault}</Type>\n'
            f"    <Code>{name}</Code>\n    <Message>{text}</Message>\n{extra}  </Error>\n"
            f"  <RequestId>{identity}</RequestId>\n</ErrorResponse>\n"
        )
    elif call.protocol == "rest-xml":
        kind = "application/xml"
        head = {
            "x-amz-request-id": identity.replace("-", "")[:16].upper(),
            "x-amz-id-2": "strictaws",
        }
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{name}</Code>'
            f"<Message>{text}</Message>"
            f"{extra}<RequestId>{head['x-amz-request-id']}</RequestId>"
            f"<HostId>strictaws</HostId></Error>"
        )
        if call.method == "HEAD":
            body = ""
    elif call.protocol == "smithy-rpc-v2-cbor":
        kind = "application/cbor"
        head = {"x-amzn-requestid": identity, "smithy-protocol": "rpc-v2-cbor"}
        body = cbor.encode({"__type": code, "message": message})
    else:
        kind, head = json_content_type(call), {"x-amzn-RequestId": identity}
        fields = {"message": message, **(members or {})}
        if call.protocol == "json":
            fields["__type"] = code
        else:
            head["x-amzn-ErrorType"] = code
            fields["Code"] = code
        body = json.dumps(fields)
    head = {"Content-Type": kind, **head, **(headers or {})}
    return Response(status, head, body if isinstance(body, bytes) else body.encode())


def refusal(call, problem):
    """The answer that an :class:`AwsError` stands for."""
    return error(
        call, problem.code, problem.message, problem.status, problem.headers, problem.members
    )


def json_result(call, value, status=200):
    """A success of a JSON protocol; the value is in wire form already."""
    head = {"Content-Type": json_content_type(call), "x-amzn-RequestId": request_id()}
    return Response(status, head, json.dumps(value).encode())


def xml_result(call, value, status=None):
    """A success of an XML protocol, written after the service's model."""
    operation = call.model.operation_model(call.operation)
    kind = get_serializer_class(call.api, call.protocol)
    identity = request_id()
    done = kind(operation, SerializationContext(identity)).serialize(value)
    body = done["body"]
    if call.protocol == "rest-xml":
        names = {
            "Content-Type": "application/xml",
            "x-amz-request-id": identity.replace("-", "")[:16].upper(),
        }
    else:
        names = {"Content-Type": "text/xml", "x-amzn-requestid": identity}
    headers = {**done["headers"], **names}
    return Response(
        status or done["status_code"], headers, body if isinstance(body, bytes) else body.encode()
    )


def raw_content_type(call):
    """What a raw answer is, when it does not say so itself."""
    if call.protocol in ("query", "ec2"):
        return "text/xml"
    if call.protocol == "rest-xml":
        return "application/xml"
    if call.protocol == "smithy-rpc-v2-cbor":
        return "application/cbor"
    return json_content_type(call)


def unparsable(call):
    """A 200 whose body breaks off in the middle of its first value."""
    operation = call.operation or "Operation"
    head = {"Content-Type": raw_content_type(call), "x-amzn-RequestId": request_id()}
    if call.protocol in ("query", "ec2", "rest-xml"):
        body = (
            f'<{operation}Response xmlns="{namespace(call)}"><{operation}Result><Unfinish'.encode()
        )
    elif call.protocol == "smithy-rpc-v2-cbor":
        head["smithy-protocol"] = "rpc-v2-cbor"
        body = b"\xbf\x64Unfi\x78\xff"
    else:
        body = b'{"Unfinished": [{"Value": "abc'
    return Response(200, head, body)
