"""Small services that moto lacks or fakes: contacts, Access Analyzer, Macie."""

import time
from collections import defaultdict
from datetime import datetime, timezone

import paging
import wire

#: A complete contact, as every real account has one.
_CONTACT = {
    "FullName": "Plumbline Test",
    "PhoneNumber": "+1 206 555 0100",
    "AddressLine1": "410 Terry Ave N",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98109",
    "CountryCode": "US",
    "CompanyName": "Example Corp",
}
_ANALYZER_PAGE = 2
_JOB_PAGE = 2


class Governance:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._contacts = {}
        self._analyzers = defaultdict(dict)
        self._macie = set()
        self._discovery = defaultdict(lambda: "DISABLED")
        self._jobs = defaultdict(list)

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("account", "GetContactInformation"): self.get_contact,
            ("account", "PutContactInformation"): self.put_contact,
            ("account", "GetAlternateContact"): self.alternate_contact,
            ("accessanalyzer", "CreateAnalyzer"): self.create_analyzer,
            ("accessanalyzer", "ListAnalyzers"): self.list_analyzers,
            ("accessanalyzer", "DeleteAnalyzer"): self.delete_analyzer,
            ("macie2", "*"): self.macie,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "account/contact"): self.set_contact,
            ("POST", "access-analyzer/status"): self.set_analyzer_status,
        }

    # Control.

    def set_contact(self, given):
        """Replace the contact, incomplete if need be; null brings the default back."""
        if given["contact"] is None:
            self._contacts.pop(given["account"], None)
        else:
            self._contacts[given["account"]] = given["contact"]
        return {"ok": True}

    def set_analyzer_status(self, given):
        """Give an analyzer another status than ACTIVE."""
        self._analyzers[given["account"], given["region"]][given["name"]]["status"] = given["status"]
        return {"ok": True}

    # Account management.

    def get_contact(self, call, _):
        """The primary contact."""
        account = call.parameter("AccountId") or call.account
        return wire.json_result(call, {"ContactInformation": self._contacts.get(account, _CONTACT)})

    def put_contact(self, call, _):
        """Replace the primary contact."""
        self._contacts[call.parameter("AccountId") or call.account] = call.parameter("ContactInformation") or {}
        return wire.json_result(call, {})

    @staticmethod
    def alternate_contact(_, forward):
        """Moto's, with AWS's status when there is none."""
        response = forward()
        if response.status == 400 and b"ResourceNotFoundException" in response.body:
            response.status = 404
        return response

    # Access Analyzer.

    def create_analyzer(self, call, _):
        """An analyzer is active at once."""
        name, kind = call.parameter("analyzerName"), call.parameter("type")
        if kind not in call.model.shape_for("Type").enum or not name:
            raise wire.AwsError("ValidationException", "analyzerName or type is not valid")
        analyzers = self._analyzers[call.account, call.region]
        if name in analyzers:
            raise wire.AwsError("ConflictException", f"Analyzer {name} already exists", 409)
        arn = f"arn:{call.partition}:access-analyzer:{call.region}:{call.account}:analyzer/{name}"
        analyzers[name] = {
            "arn": arn,
            "name": name,
            "type": kind,
            "createdAt": datetime.fromtimestamp(int(time.time()), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": "ACTIVE",
        }
        return wire.json_result(call, {"arn": arn})

    def list_analyzers(self, call, _):
        """Analyzers, of one type if asked for, in small pages."""
        wanted = call.arguments.get("type")
        analyzers = self._analyzers[call.account, call.region].values()
        kept = [analyzer for analyzer in analyzers if wanted in (None, analyzer["type"])]
        size = min(int(call.arguments.get("maxResults", _ANALYZER_PAGE)), _ANALYZER_PAGE)
        try:
            part, following = paging.page(
                kept, f"analyzers/{call.account}/{call.region}/{wanted}", call.arguments.get("nextToken"), size
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("ValidationException", "Invalid nextToken") from problem
        answer = {"analyzers": part}
        if following:
            answer["nextToken"] = following
        return wire.json_result(call, answer)

    def delete_analyzer(self, call, _):
        """Forget an analyzer."""
        name = call.uri.get("analyzerName")
        if self._analyzers[call.account, call.region].pop(name, None) is None:
            raise wire.AwsError("ResourceNotFoundException", f"Analyzer {name} does not exist", 404)
        return wire.json_result(call, {})

    # Macie.

    def macie(self, call, forward):
        """Macie is off until it is enabled; in moto it is on from the start."""
        place = (call.account, call.region)
        if call.operation == "EnableMacie":
            if place in self._macie:
                raise wire.AwsError("ConflictException", "Macie has already been enabled", 409)
            self._macie.add(place)
        elif place not in self._macie:
            raise wire.AwsError("AccessDeniedException", "Macie is not enabled.", 403)
        elif call.operation == "DisableMacie":
            self._macie.discard(place)
        own = {
            "GetMacieSession": self._session,
            "GetAutomatedDiscoveryConfiguration": self._get_discovery,
            "UpdateAutomatedDiscoveryConfiguration": self._set_discovery,
            "CreateClassificationJob": self._create_job,
            "UpdateClassificationJob": self._update_job,
            "ListClassificationJobs": self._list_jobs,
        }.get(call.operation)
        return own(call, place) if own else forward()

    @staticmethod
    def _session(call, _):
        # moto tells moments in a form that strict parsers refuse.
        moment = "2026-01-01T00:00:00.000Z"
        return wire.json_result(call, {"status": "ENABLED", "createdAt": moment, "updatedAt": moment})

    def _get_discovery(self, call, place):
        return wire.json_result(call, {"status": self._discovery[place]})

    def _set_discovery(self, call, place):
        self._discovery[place] = call.parameter("status")
        return wire.json_result(call, {})

    def _create_job(self, call, place):
        job = {"jobId": f"{len(self._jobs[place]) + 1:032x}", "name": call.parameter("name"), "jobStatus": "RUNNING"}
        self._jobs[place].append(job)
        return wire.json_result(call, {"jobId": job["jobId"]})

    def _update_job(self, call, place):
        for job in self._jobs[place]:
            if job["jobId"] == call.uri.get("jobId"):
                job["jobStatus"] = call.parameter("jobStatus")
                return wire.json_result(call, {})
        raise wire.AwsError("ResourceNotFoundException", "The request failed because there is no such job.", 404)

    def _list_jobs(self, call, place):
        size = min(int(call.parameter("maxResults", _JOB_PAGE)), _JOB_PAGE)
        try:
            part, following = paging.page(self._jobs[place], f"jobs/{place}", call.parameter("nextToken"), size)
        except paging.InvalidToken as problem:
            raise wire.AwsError("ValidationException", "Invalid nextToken") from problem
        answer = {"items": part}
        if following:
            answer["nextToken"] = following
        return wire.json_result(call, answer)
