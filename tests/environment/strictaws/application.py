"""The layer in front of moto: one WSGI application.

The first of these that handles a request answers it: a fault, an override, a
handler of a part, moto. Handlers and moto run under one lock, because moto is
not thread-safe. A connection that times out is held outside of the lock.
"""

import io
import json
import sys
import traceback
from collections import defaultdict
from http import HTTPStatus
from urllib.parse import parse_qsl

from moto.backends import list_of_moto_modules
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from strictaws import faults, wire
from strictaws.accounts import Accounts
from strictaws.background import Background
from strictaws.http_server import DropConnection
from strictaws.operations import Call

#: The code of errors that are the environment's own.
FAILURE = "TestEnvironmentFailure"
_MODULES = {*list_of_moto_modules(), "lambda"}


class BadRequest(Exception):
    """A request to the control interface that makes no sense."""


class Application:
    """The WSGI application over moto and ``parts``, which see a call before moto does.

    ``control`` is the path of the control interface, with slashes at both ends.
    ``answers`` checks the answers of parts and moto; an invalid answer becomes
    an error that AWS does not have. In ``background``, parts continue their
    work after they answered. ``guard`` denies calls that are not allowed.
    """

    def __init__(self, parts, control, answers=None, background=None, guard=None):
        self._prefix = control
        self.answers = answers
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._background, self._guard = background or Background(), guard
        self._calls = defaultdict(list)
        self._accounts = Accounts()
        self._faults = faults.Rules()
        self._overrides = faults.Rules()
        self._handlers = {}
        for part in parts:
            self._handlers.update(part.handlers())
        self._control = {
            ("GET", "health"): lambda _: {"ok": True},
            ("GET", "answers"): lambda _: self.answers.report() if self.answers else None,
            ("GET", "calls"): lambda q: list(self._calls.get(_need(q, "account"), [])),
            ("DELETE", "calls"): lambda q: {
                "removed": len(self._calls.pop(_need(q, "account"), []))
            },
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): lambda q: {
                "removed": self._faults.remove(q.get("account"), q.get("id"))
            },
            ("POST", "overrides"): lambda q: {"id": self._overrides.add(q)},
            ("DELETE", "overrides"): lambda q: {
                "removed": self._overrides.remove(q.get("account"), q.get("id"))
            },
        }
        for part in (*parts, self._background):
            for (method, path), function in part.control().items():
                self._control[method, path] = self._locked(function)

    def __call__(self, environ, start_response):
        """Answer one request, by the protocol of WSGI."""
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"].startswith(self._prefix):
            response = self._answer_control(environ, body)
        else:
            response = self._answer(environ, body)
        try:
            reason = HTTPStatus(response.status).phrase
        except ValueError:
            reason = "Status"
        start_response(f"{response.status} {reason}", list(response.headers.items()))
        return [response.body]

    def _locked(self, function):
        def run(given):
            with self._background.call():
                return function(given)

        return run

    # The control interface.

    def _answer_control(self, environ, body):
        method, path = (
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"][len(self._prefix) :].strip("/"),
        )
        head = {"Content-Type": "application/json"}
        function = self._control.get((method, path))
        if function is None:
            known = f"no {method} {self._prefix}{path}"
            return wire.Response(404, head, json.dumps({"error": known}).encode())
        given = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        try:
            if method == "POST":
                given.update(json.loads(body or b"{}"))
            return wire.Response(200, head, json.dumps(function(given)).encode())
        except (BadRequest, ValueError, KeyError, TypeError) as problem:
            text = f"missing {problem}" if isinstance(problem, KeyError) else str(problem)
            return wire.Response(400, head, json.dumps({"error": text}).encode())

    def _add_fault(self, given):
        faults.check_fault(given)
        return {"id": self._faults.add(given)}

    # AWS.

    def _answer(self, environ, body):
        environ["wsgi.input"] = io.BytesIO(body)
        call = Call(environ, body)
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            call.account = self._accounts.of(call)
        except wire.AwsError as problem:
            return wire.error(call, problem.code, problem.message, problem.status)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        record = {
            "service": call.service,
            "operation": call.operation,
            "region": call.region,
            "resource": call.resource,
            "status": None,
            "api": call.api,
        }
        self._calls[call.account].append(record)
        response = self._respond(call)
        record["status"] = response.status
        return response

    def _checked(self, call, response):
        """The answer, or an error that says what is wrong with it."""
        problems = self.answers.check(call, response) if self.answers else []
        if not problems:
            return response
        text = "\n".join(f"wrong answer: {problem}" for problem in problems)
        print(text, file=sys.stderr, flush=True)
        return wire.error(call, FAILURE, text, 501)

    def _respond(self, call):
        def serve():
            with self._background.call():
                return self._serve(call)

        try:
            fault = self._faults.take(call)
            if fault:
                return faults.answer(call, fault, serve)
            override = self._overrides.take(call)
            if override:
                return faults.override(call, override)
            return self._checked(call, serve())
        except wire.AwsError as problem:
            return self._checked(call, wire.refusal(call, problem))
        except DropConnection:
            raise
        except NotImplementedError as problem:
            return wire.error(
                call, "NotImplemented", str(problem) or "not in the test environment", 501
            )
        except Exception as problem:  # a defect here or in moto: no client retries a 501
            traceback.print_exc()
            text = f"the test environment failed: {type(problem).__name__}: {problem}"
            return wire.error(call, FAILURE, text, 501)

    def _serve(self, call):
        def forward():
            return self._forward(call)

        if self._guard:
            self._guard(call)
        handler = self._handlers.get((call.api, call.operation)) or self._handlers.get(
            (call.api, "*")
        )
        response = handler(call, forward) if handler else None
        return response or forward()

    def _forward(self, call):
        """Let moto answer."""
        if call.model is None or call.api.replace("-", "") not in _MODULES:
            raise NotImplementedError(
                f"{call.service}: not in the test environment; use an override"
            )
        answer = []

        def start_response(status, headers, exc_info=None):
            answer[:] = [int(status.split()[0]), headers]
            if exc_info:
                raise exc_info[1].with_traceback(exc_info[2])

        chunks = self._moto(call.environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        headers = {}
        for name, value in answer[1]:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if headers.get("Content-Type", "").startswith("text/html"):
            if body.lstrip()[:9].lower() == b"<!doctype":  # moto's web framework, not a service
                raise NotImplementedError(
                    f"{call.service}:{call.operation}: not in the test environment; use an override"
                )
            headers["Content-Type"] = wire.raw_content_type(call)
        return wire.Response(answer[0], headers, body)


def _need(given, name):
    if not given.get(name):
        raise BadRequest(f"missing {name}")
    return given[name]
