"""Accounts for tests: of the environment as a whole, and of moto without patches.

boto3 calls the application in this process, without a socket.
"""

import functools
import io
import itertools
import json
import os
from urllib.parse import urlsplit

# Read when moto is imported: 1,400 policies for each account take half a second.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "false"

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from parts import environment
from patches import registry
from strictaws.application import Application
from strictaws.endings import end

HOME = "us-east-1"
_NUMBERS = itertools.count(1)
_SESSION = boto3.Session(region_name=HOME)


class _Raw(io.BytesIO):
    def stream(self, **_):
        while part := self.read():
            yield part


def _environ(method, url, headers, body):
    parts = urlsplit(url)
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "HTTP_HOST": "127.0.0.1",
    }
    for name, value in headers.items():
        value = value.decode() if isinstance(value, bytes) else str(value)
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


class _Caller:
    """The account that calls. Clients are shared by accounts: it takes long to make one."""

    account = None

    @classmethod
    def sign(cls, request, **_):
        """Let the account of the moment have made the request."""
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        headers = dict(request.headers.items())
        scope = headers["Authorization"]
        scope = scope.decode() if isinstance(scope, bytes) else scope
        headers["Authorization"] = scope.replace("ACCOUNT", cls.account.access_key)
        status, given, answer = cls.account.request(request.method, request.url, headers, body)
        return AWSResponse(request.url, status, given, _Raw(answer))


class _Client:
    """A shared client, for one account."""

    def __init__(self, client, account):
        self._shared, self._account = client, account

    @property
    def account(self):
        """The account that calls."""
        return self._account

    def __getattr__(self, name):
        found = getattr(self._shared, name)
        if not callable(found):
            return found

        def call(*args, **kwargs):
            _Caller.account = self._account
            return found(*args, **kwargs)

        return call

    def pages(self, operation, **given):
        """All pages of an operation."""
        _Caller.account = self._account
        return list(self._shared.get_paginator(operation).paginate(**given))


@functools.cache
def _client(service, region):
    client = _SESSION.client(
        service,
        endpoint_url="http://127.0.0.1",
        region_name=region,
        aws_access_key_id="ACCOUNT",
        aws_secret_access_key="not-checked",
        config=Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            inject_host_prefix=False,
        ),
    )
    client.meta.events.register("before-send", _Caller.sign)
    return client


class Account:
    """A new account of an application."""

    def __init__(self, application, identity=None, access_key=None):
        self.application = application
        self.id = identity or f"4{next(_NUMBERS):011}"
        self.access_key = access_key or f"AKIA{self.id}TEST"

    def request(self, method, url, headers=None, body=b""):
        """Status, headers and body of a request."""
        answer = []
        body = body.encode() if isinstance(body, str) else body or b""
        chunks = self.application(
            _environ(method, url, headers or {}, body),
            lambda status, given: answer.extend((int(status.split()[0]), dict(given))),
        )
        return answer[0], answer[1], b"".join(chunks)

    def client(self, service, region=HOME):
        """A client of boto3 that acts as the account."""
        return _Client(_client(service, region), self)

    def control(self, path, method="POST", **given):
        """The answer of the control interface; the account is in the request."""
        given["account"] = self.id
        url, body = f"http://127.0.0.1/_plumbline/{path}", json.dumps(given)
        if method != "POST":
            query = "&".join(f"{name}={value}" for name, value in given.items())
            url, body = f"{url}?{query}", ""
        status, _, answer = self.request(method, url, {}, body)
        assert status == 200, answer
        return json.loads(answer)


@pytest.fixture(scope="session")
def whole():
    """The environment with all parts and patches, one for all tests."""
    os.environ["MOTO_PORT"] = "80"
    yield environment()
    end()


@pytest.fixture
def account(whole):
    """A new account of the environment."""
    return Account(whole)


@pytest.fixture
def new_account(whole):
    """Makes accounts of the environment, new ones or by id."""
    return lambda identity=None: Account(whole, identity)


@pytest.fixture(scope="session")
def _moto(whole):
    return Application((), control="/_plumbline/")


@pytest.fixture
def unpatched(_moto):
    """A new account of moto itself, without patches and without parts."""
    with registry.undone():
        yield Account(_moto)


@pytest.fixture(autouse=True)
def _answers_are_right(whole):
    """No test of the environment leaves an answer that its service's model does not allow."""
    before = dict(whole.answers.found)
    yield
    assert whole.answers.found == before
