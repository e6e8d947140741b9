"""Faults and raw answers that a test asks for, and how they find their calls."""

import itertools
import json
import threading
import time

from strictaws import wire
from strictaws.http_server import DropConnection

_NUMBERS = itertools.count(1)

#: (code, status) by mode and protocol; ``None`` is every other protocol.
_CODES = {
    "denied": {
        "ec2": ("UnauthorizedOperation", 403),
        "query": ("AccessDenied", 403),
        "rest-xml": ("AccessDenied", 403),
        "json": ("AccessDeniedException", 400),
        None: ("AccessDeniedException", 403),
    },
    "throttled": {
        "ec2": ("RequestLimitExceeded", 503),
        "query": ("Throttling", 400),
        "rest-xml": ("SlowDown", 503),
        "json": ("ThrottlingException", 400),
        None: ("ThrottlingException", 429),
    },
    "error": {
        "ec2": ("InternalError", 500),
        "rest-xml": ("InternalError", 500),
        None: ("InternalFailure", 500),
    },
}
_MESSAGES = {
    "denied": "You are not authorized to perform this operation.",
    "throttled": "Rate exceeded",
    "error": "An internal error has occurred.",
    "code": "This error was asked for by a test.",
}
MODES = ("denied", "throttled", "error", "malformed", "truncated", "timeout", "code")


class Rule:
    """Which calls a fault or an override applies to, and how often."""

    def __init__(self, given):
        self.id = f"{next(_NUMBERS)}"
        self.given = given
        self.left = given.get("times")
        self.before = int(given.get("after", 0))

    def applies(self, call):
        """Whether this rule is about that call."""
        given = self.given
        if given.get("account") not in (None, call.account):
            return False
        if given.get("service") not in (None, "*", call.service, call.api):
            return False
        if given.get("operation") not in (None, "*", call.operation):
            return False
        if given.get("region") not in (None, call.region):
            return False
        return not given.get("match") or given["match"] in call.text


class Rules:
    """An ordered set of rules; the first that applies is taken."""

    def __init__(self):
        self._rules = []
        self._lock = threading.Lock()

    def add(self, given):
        """Add a rule and return its id."""
        rule = Rule(given)
        with self._lock:
            self._rules.append(rule)
        return rule.id

    def remove(self, account=None, identity=None):
        """Remove by account, by id, or all; return how many went."""
        with self._lock:
            kept = []
            for rule in self._rules:
                wrong_account = account is not None and rule.given.get("account") != account
                wrong_id = identity is not None and rule.id != identity
                if wrong_account or wrong_id:
                    kept.append(rule)
            removed = len(self._rules) - len(kept)
            self._rules = kept
        return removed

    def take(self, call):
        """The first rule that applies, counted down; None when none does."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.applies(call):
                    if rule.before > 0:
                        rule.before -= 1
                        continue
                    if rule.left is not None:
                        rule.left -= 1
                        if rule.left <= 0:
                            self._rules.remove(rule)
                    return rule.given
        return None


def denied(protocol):
    """The code and the status with which services of a protocol deny a call."""
    table = _CODES["denied"]
    return table.get(protocol, table[None])


def check_fault(given):
    """Raise ValueError when a fault's description makes no sense."""
    if given.get("mode") not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}")
    if given["mode"] == "code" and not given.get("code"):
        raise ValueError("mode code needs a code")


def answer(call, fault, forward):
    """The answer that a fault gives in place of the right one."""
    mode = fault["mode"]
    if mode == "timeout":
        time.sleep(float(fault.get("seconds", 30)))
        raise DropConnection()
    if mode == "malformed":
        return wire.unparsable(call)
    if mode == "truncated":
        try:
            right = forward()
        except wire.AwsError as problem:
            right = wire.refusal(call, problem)
        right.body = right.body[: max(1, len(right.body) // 2)]
        return right
    if mode == "code":
        code, status = fault["code"], 400
    else:
        table = _CODES[mode]
        code, status = table.get(call.protocol, table[None])
        code = fault.get("code", code)
    message = fault.get("message", _MESSAGES[mode])
    return wire.error(call, code, message, int(fault.get("status") or status))


def override(call, given):
    """The raw answer of an override."""
    body = given.get("body", "")
    if not isinstance(body, str):
        body = json.dumps(body)
    headers = {"Content-Type": wire.raw_content_type(call), "x-amzn-RequestId": wire.request_id()}
    for name, value in (given.get("headers") or {}).items():
        headers = {key: old for key, old in headers.items() if key.lower() != name.lower()}
        headers[name] = str(value)
    return wire.Response(int(given.get("status", 200)), headers, body.encode())
