"""Macie, which moto mostly lacks: its status, automated discovery, jobs."""

from collections import defaultdict

from strictaws import paging, wire

_PAGE = 2


class Macie:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._enabled = set()
        self._discovery = defaultdict(lambda: "DISABLED")
        self._jobs = defaultdict(list)

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("macie2", "*"): self.macie}

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    def macie(self, call, forward):
        """Answer as if Macie is disabled until it is enabled; in moto it is always enabled."""
        place = (call.account, call.region)
        if call.operation == "EnableMacie":
            if place in self._enabled:
                raise wire.AwsError("ConflictException", "Macie has already been enabled", 409)
            self._enabled.add(place)
        elif place not in self._enabled:
            raise wire.AwsError("AccessDeniedException", "Macie is not enabled.", 403)
        elif call.operation == "DisableMacie":
            self._enabled.discard(place)
        own = {
            "GetMacieSession": self._session,
            "GetAutomatedDiscoveryConfiguration": self._get_discovery,
            "ListAutomatedDiscoveryAccounts": self._discovery_accounts,
            "UpdateAutomatedDiscoveryConfiguration": self._set_discovery,
            "CreateClassificationJob": self._create_job,
            "UpdateClassificationJob": self._update_job,
            "ListClassificationJobs": self._list_jobs,
        }.get(call.operation)
        return own(call, place) if own else forward()

    @staticmethod
    def _session(call, _):
        # moto writes times in a form that strict parsers reject.
        moment = "2026-01-01T00:00:00.000Z"
        return wire.json_result(
            call, {"status": "ENABLED", "createdAt": moment, "updatedAt": moment}
        )

    def _get_discovery(self, call, place):
        return wire.json_result(call, {"status": self._discovery[place]})

    def _discovery_accounts(self, call, place):
        own = {"accountId": call.account, "status": self._discovery[place]}
        return wire.json_result(call, {"items": [own]})

    def _set_discovery(self, call, place):
        self._discovery[place] = call.parameter("status")
        return wire.json_result(call, {})

    def _create_job(self, call, place):
        job = {
            "jobId": f"{len(self._jobs[place]) + 1:032x}",
            "name": call.parameter("name"),
            "jobStatus": "RUNNING",
        }
        self._jobs[place].append(job)
        return wire.json_result(call, {"jobId": job["jobId"]})

    def _update_job(self, call, place):
        for job in self._jobs[place]:
            if job["jobId"] == call.uri.get("jobId"):
                job["jobStatus"] = call.parameter("jobStatus")
                return wire.json_result(call, {})
        raise wire.AwsError(
            "ResourceNotFoundException", "The request failed because there is no such job.", 404
        )

    def _list_jobs(self, call, place):
        size = min(int(call.parameter("maxResults", _PAGE)), _PAGE)
        try:
            part, following = paging.page(
                self._jobs[place], f"jobs/{place}", call.parameter("nextToken"), size
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("ValidationException", "Invalid nextToken") from problem
        answer = {"items": part}
        if following:
            answer["nextToken"] = following
        return wire.json_result(call, answer)
