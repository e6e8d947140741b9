"""Checks answers against the model of the service in botocore.

An answer of the environment may be wrong in the same way as the program that
is written from it. The model of the service is a third opinion: botocore parses
each answer, and each member has to be in the operation's output shape, with its
type; required members have to be there.
"""

import base64
import binascii
import functools
import io
import json
import re
from datetime import datetime
from xml.etree import ElementTree

import botocore.session
from botocore.parsers import PROTOCOL_PARSERS, ResponseParserError, create_parser

from strictaws import cbor

_JSON = ("json", "rest-json")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


@functools.cache
def _model(api):
    return botocore.session.get_session().get_service_model(api)


@functools.cache
def _parser(protocol):
    return create_parser(protocol)


class Answers:
    """The answers of a run: how many were checked, and what is wrong with which.

    ``differences`` are known: texts ``api:Operation path`` that are not
    reported, each with the reason why it is not an error of this environment.
    """

    def __init__(self, differences=()):
        self.checked = 0
        self.found = {}
        self.used = set()
        self._differences = differences

    def check(self, call, response):
        """What is wrong with an answer, as texts; remembered for :meth:`report`."""
        self.checked += 1
        problems = []
        for path, problem in problems_of(call, response):
            name = f"{call.api}:{call.operation} {path}"
            if name in self._differences:
                self.used.add(name)
                continue
            problems.append(f"{name}: {problem}")
            self.found[problems[-1]] = self.found.get(problems[-1], 0) + 1
        return problems

    def report(self):
        """What was found, for the control interface."""
        return {
            "checked": self.checked,
            "violations": [f"{text} ({count} times)" for text, count in self.found.items()],
            "unused_differences": sorted(set(self._differences) - self.used),
        }


def problems_of(call, response):
    """Pairs of the path of a member, and what is wrong there."""
    if call.operation is None or call.protocol not in PROTOCOL_PARSERS:
        return []
    operation = _model(call.api).operation_model(call.operation)
    shape, given = operation.output_shape, _for_botocore(response)
    if response.status < 300 and operation.has_streaming_output:
        given["body"] = io.BytesIO(response.body)
    try:
        parsed = _parser(call.protocol).parse(given, shape)
    except ResponseParserError as problem:
        return [("$", f"botocore cannot parse it: {problem}")]
    if response.status >= 300:
        # Where there is no code, botocore takes the status for it.
        code = parsed.get("Error", {}).get("Code")
        has_code = call.method == "HEAD" or code not in (None, "", str(response.status))
        return [] if has_code else [("$", "an error without a code")]
    if shape is None or not response.body and call.method == "HEAD":
        return []
    walk = _Walk(call.protocol)
    try:
        walk.body(response.body, shape)
    except (ValueError, ElementTree.ParseError) as problem:
        return [("$", f"the body is no {call.protocol}: {problem}")]
    walk.headers(parsed, shape)
    return walk.problems


def _for_botocore(response):
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {
        "status_code": response.status,
        "headers": headers,
        "body": response.body,
        "context": {},
    }


class _Walk:
    """Compares a raw body with a shape, and collects what is wrong."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.problems = []

    def wrong(self, path, problem):
        self.problems.append((path or "$", problem))

    def body(self, body, shape):
        """The body of an answer of an operation with output ``shape``."""
        payload = shape.serialization.get("payload")
        in_body = shape.members[payload] if payload else shape
        if in_body.type_name in ("blob", "string"):
            return
        if self.protocol in _JSON or self.protocol == "smithy-rpc-v2-cbor":
            decoded = cbor.decode(body) if self.protocol not in _JSON else _json(body)
            self.json(decoded if decoded is not None else {}, in_body, "")
            return
        if not body:
            self.xml(ElementTree.Element("empty"), in_body, "")
            return
        root = _without_namespaces(ElementTree.fromstring(body))
        if self.protocol == "query" and "resultWrapper" in shape.serialization:
            wrapper = shape.serialization["resultWrapper"]
            found = root.find(wrapper)
            if found is None:
                self.wrong("", f"no element {wrapper}")
                return
            root = found
        self.xml(root, in_body, "", ignored=("requestId", "ResponseMetadata", "RequestId"))

    def headers(self, parsed, shape):
        """Required members that are not in the body."""
        for name in shape.required_members:
            if shape.members[name].serialization.get("location") and name not in parsed:
                self.wrong(name, "required, and not there")

    def json(self, value, shape, path):
        """A value of a JSON or CBOR body."""
        if getattr(shape, "is_document_type", False):
            return
        kind = shape.type_name
        if kind == "structure":
            if self._is(value, dict, path):
                self._structure(value, shape, path)
        elif kind == "list":
            if self._is(value, list, path):
                for part in value:
                    self.json(part, shape.member, f"{path}[]")
        elif kind == "map":
            if self._is(value, dict, path):
                for part in value.values():
                    self.json(part, shape.value, f"{path}{{}}")
        elif kind == "timestamp":
            self._json_time(value, shape, path)
        elif kind == "boolean":
            self._is(value, bool, path)
        elif kind in ("integer", "long"):
            self._is(value, int, path)
        elif kind in ("float", "double"):
            self._is(value, (int, float), path)
        elif kind == "blob" and self.protocol not in _JSON:
            self._is(value, bytes, path)
        elif self._is(value, str, path):
            self._text(value, shape, path)

    def _structure(self, value, shape, path):
        by_name = {_wire_name(member, name): name for name, member in _in_body(shape)}
        if self.protocol == "json":
            by_name = {name: name for name, _ in _in_body(shape)}
        for name, part in value.items():
            if name == "__type" and not path:
                continue
            if name not in by_name:
                self.wrong(_under(path, name), "not a member")
            elif part is not None:
                self.json(part, shape.members[by_name[name]], _under(path, name))
        for name, own in by_name.items():
            if own in shape.required_members and value.get(name) is None:
                self.wrong(_under(path, name), "required, and not there")

    def _json_time(self, value, shape, path):
        default = "iso8601" if self.protocol not in (*_JSON, "smithy-rpc-v2-cbor") else "number"
        form = shape.serialization.get("timestampFormat", default)
        if form == "iso8601":
            if self._is(value, str, path):
                self._time(value, form, path)
        else:
            self._is(value, (int, float), path)

    def _is(self, value, kind, path):
        is_kind = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not is_kind:
            self.wrong(path, f"has type {type(value).__name__}")
        return is_kind

    def xml(self, node, shape, path, ignored=()):
        """An element of an XML body."""
        kind = shape.type_name
        if kind == "structure":
            self._xml_structure(node, shape, path, ignored)
        elif kind == "list":
            name = shape.member.serialization.get("name", "member")
            for child in node:
                if child.tag != name:
                    self.wrong(f"{path}[]", f"is called {child.tag}, not {name}")
                else:
                    self.xml(child, shape.member, f"{path}[]")
        elif kind == "map":
            for entry in node:
                self._entry(entry, shape, path)
        else:
            self._scalar(node.text or "", shape, path)

    def _xml_structure(self, node, shape, path, ignored):
        by_name = {}
        for name, member in _in_body(shape):
            if member.serialization.get("xmlAttribute"):
                continue
            by_name[_xml_name(member, name)] = (name, member)
        seen = set()
        for child in node:
            if child.tag not in by_name:
                if child.tag not in ignored:
                    self.wrong(_under(path, child.tag), "not a member")
                continue
            name, member = by_name[child.tag]
            seen.add(name)
            under = _under(path, name)
            if member.serialization.get("flattened"):
                if member.type_name == "map":
                    self._entry(child, member, under)
                else:
                    self.xml(child, member.member, f"{under}[]")
            else:
                self.xml(child, member, under)
        for name in shape.required_members:
            member = shape.members[name]
            is_elsewhere = member.serialization.get("location") or member.serialization.get(
                "xmlAttribute"
            )
            if name not in seen and not is_elsewhere and member.type_name not in ("list", "map"):
                self.wrong(_under(path, name), "required, and not there")

    def _entry(self, entry, shape, path):
        value = entry.find(shape.value.serialization.get("name", "value"))
        key = entry.find(shape.key.serialization.get("name", "key"))
        if key is None or value is None:
            self.wrong(f"{path}{{}}", "an entry without key or value")
        else:
            self.xml(value, shape.value, f"{path}{{}}")

    def _scalar(self, text, shape, path):
        kind = shape.type_name
        if kind == "boolean":
            if text not in ("true", "false"):
                self.wrong(path, f"{text!r} is no boolean")
        elif kind in ("integer", "long"):
            if not re.fullmatch(r"-?\d+", text):
                self.wrong(path, f"{text!r} is no integer")
        elif kind in ("float", "double"):
            if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text):
                self.wrong(path, f"{text!r} is no number")
        elif kind == "timestamp":
            self._time(text, shape.serialization.get("timestampFormat", "iso8601"), path)
        else:
            self._text(text, shape, path)

    def _text(self, text, shape, path):
        if shape.type_name == "blob":
            try:
                base64.b64decode(text, validate=False)
            except binascii.Error:
                self.wrong(path, "is not base64")
        elif getattr(shape, "enum", None) and text not in shape.enum:
            self.wrong(path, f"{text!r} is not one of {', '.join(shape.enum[:8])}")

    def _time(self, text, form, path):
        good = {"iso8601": _ISO_DATE, "rfc822": _HTTP_DATE}.get(form)
        if good is None or not good.fullmatch(text):
            self.wrong(path, f"{text!r} is no time of the form {form}")
        elif form == "iso8601":
            try:
                datetime.fromisoformat(text)
            except ValueError:
                self.wrong(path, f"{text!r} is no time")


def _json(body):
    return json.loads(body) if body else None


def _in_body(shape):
    return [
        (name, member)
        for name, member in shape.members.items()
        if member.serialization.get("location") is None
    ]


def _wire_name(member, name):
    return member.serialization.get("name", name)


def _xml_name(member, name):
    """The name of a member's element; a flattened list has that of its items, where it has one."""
    if member.serialization.get("flattened") and member.type_name == "list":
        return member.serialization.get("name") or member.member.serialization.get("name", name)
    return member.serialization.get("name", name)


def _without_namespaces(root):
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root


def _under(path, name):
    return f"{path}.{name}" if path else name
