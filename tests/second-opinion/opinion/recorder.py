"""A proxy between clients and an emulator: forwards each request, and records its response."""

import http.client
import threading
import traceback
from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit

from opinion.calls import RecordedCall, parse
from strictaws.answers import problems_of
from strictaws.http_server import Server
from strictaws.operations import Call

#: Headers of one connection, and those that the proxy writes itself.
_OF_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
#: How long a response may need, in seconds. An emulator that is stuck must not stop the run.
_TIMEOUT = 240


class Recorder:
    """A WSGI application. Its calls belong to the phase that is current when they arrive."""

    def __init__(self, upstream):
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self.phase = "start"
        self.calls = []

    def __call__(self, environ, start_response):
        """Forward a request."""
        body = environ["wsgi.input"].read()
        phase = self.phase
        response = self._forward(environ, body)
        self._record(phase, environ, body, response)
        headers = [
            (name, value) for name, value in response.pairs if name.lower() not in _OF_CONNECTION
        ]
        if environ["REQUEST_METHOD"] == "HEAD" and "content-length" in response.headers:
            headers.append(("Content-Length", response.headers["content-length"]))
        start_response(f"{response.status} {response.reason or 'Status'}", headers)
        return [response.body]

    def _forward(self, environ, body):
        connection = http.client.HTTPConnection(self._upstream, timeout=_TIMEOUT)
        try:
            connection.request(
                environ["REQUEST_METHOD"], environ["RAW_URI"], body, _headers(environ, body)
            )
            response = connection.getresponse()
            pairs = response.getheaders()
            return SimpleNamespace(
                status=response.status,
                reason=response.reason,
                pairs=pairs,
                headers={name.lower(): value for name, value in pairs},
                body=response.read(),
            )
        except TimeoutError:
            return _no_response()
        finally:
            connection.close()

    def _record(self, phase, environ, body, response):
        try:
            call = Call(environ, body)
            code, message, found = parse(call, response)
            problems = tuple(problems_of(call, response))
            if hasattr(response, "is_late"):
                code, problems = "NoResponse", ()
            recorded = RecordedCall(
                phase=phase,
                service=call.service,
                operation=call.operation or f"{call.method} {call.raw_path}",
                region=call.region,
                status=response.status,
                code=code,
                message=message,
                members=found,
                problems=problems,
            )
        except Exception:  # The client must have its response in any case.
            text = traceback.format_exc()
            recorded = RecordedCall(
                phase, "recorder", environ["RAW_URI"], "", response.status, "Unrecorded", text
            )
        with self._lock:
            self.calls.append(recorded)


def _no_response():
    """Return what a client sees of an emulator that does not respond in time."""
    return SimpleNamespace(
        status=504, reason="Gateway Timeout", pairs=[], headers={}, body=b"", is_late=True
    )


def _headers(environ, body):
    headers = {
        name[5:].replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers = {name: value for name, value in headers.items() if name.lower() not in _OF_CONNECTION}
    if "CONTENT_TYPE" in environ:
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    if body or environ["REQUEST_METHOD"] in ("POST", "PUT"):
        headers["Content-Length"] = str(len(body))
    return headers


@contextmanager
def recording(upstream):
    """Run a recorder in front of an emulator; its ``endpoint`` is where clients send calls."""
    recorder = Recorder(upstream)
    server = Server(("127.0.0.1", 0), recorder)
    recorder.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
