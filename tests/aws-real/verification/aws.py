"""Calls to AWS: those that read, and those that change something, which the plan has to list."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.config import Config
from botocore.exceptions import ClientError

from verification.answers import Evidence
from verification.errors import NotPlanned, code_of

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10)
#: Credentials and policies of IAM reach all Regions only after some seconds.
_SETTLE = 60
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 15


class Waiting:
    """How long a run waits for an event, and how often it looks."""

    def __init__(self, minutes):
        self.seconds = minutes * 60

    def until(self, poll, times=1):
        """What ``poll`` returns as soon as it is not None; None when the time is over."""
        return self.within(self.seconds * times, poll)

    @staticmethod
    def within(seconds, poll):
        """The same, within so many seconds."""
        end, pause = time.monotonic() + seconds, _FIRST_PAUSE
        while True:
            found = poll()
            if found is not None:
                return found
            left = end - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def settle(self):
        """Wait until a changed policy is the one that AWS uses."""
        time.sleep(min(_SETTLE, self.seconds))

    def settled(self, call, *codes):
        """The result of a call that fails with these codes while IAM is not consistent yet."""
        last = []

        def attempt():
            try:
                return (call(),)
            except ClientError as problem:
                if code_of(problem) not in codes:
                    raise
                last[:] = [problem]
                return None

        done = self.within(min(_SETTLE, self.seconds), attempt)
        if done is None:
            raise last[0]
        return done[0]


class Aws:
    """The calls of one principal in one Region. ``plan`` are the calls that may change something.

    ``last`` is the evidence of the last call, including one that failed.
    """

    def __init__(self, session, region, plan, account="deploying"):
        self.session, self.region, self.plan, self.account = session, region, plan, account
        self.last = None
        self._clients = {}

    def client(self, service, region=None):
        """A client of a service; it records the evidence of each call."""
        key = (service, region or self.region)
        if key not in self._clients:
            client = self.session.client(service, region_name=key[1], config=_CONFIG)
            client.meta.events.register("after-call", self._note)
            self._clients[key] = client
        return self._clients[key]

    def _note(self, model, http_response, parsed, **_):
        head = parsed.get("ResponseMetadata", {})
        date = head.get("HTTPHeaders", {}).get("date")
        at = parsedate_to_datetime(date) if date else datetime.now(UTC)
        self.last = Evidence(
            operation=f"{model.service_model.service_name}:{model.name}",
            request_id=head.get("RequestId") or "no request ID",
            time=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            shown=parsed.get("Error", {}).get("Code", ""),
        )

    def evidence(self, shown=""):
        """The evidence of the last call, with what it showed."""
        last = self.last
        return Evidence(last.operation, last.request_id, last.time, shown or last.shown)

    def read(self, service, operation, region=None, **given):
        """Call an operation that changes nothing."""
        return getattr(self.client(service, region), operation)(**given)

    def pages(self, service, operation, key, region=None, **given):
        """All items of an operation with pages."""
        client = self.client(service, region)
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate(**given)
        else:
            pages = _pages(getattr(client, operation), given)
        return [item for page in pages for item in page.get(key, [])]

    def change(self, service, operation, resource, **given):
        """Call an operation that changes a resource. It must be in the plan."""
        self.plan.check(self.account, service, operation, resource)
        return getattr(self.client(service), operation)(**given)


def _pages(call, given):
    token = {}
    while True:
        page = call(**given, **token)
        yield page
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


class Plan:
    """The calls that a run may make."""

    def __init__(self, steps):
        self.steps = list(steps)

    def check(self, account, service, operation, resource):
        """Refuse a call that is not in the plan."""
        if not any(step.allows(account, service, operation, resource) for step in self.steps):
            raise NotPlanned(f"{service}:{operation} on '{resource}' is not in the plan")
