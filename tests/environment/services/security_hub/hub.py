"""Security Hub CSPM, which validates findings as AWS does."""

import copy
import json
from collections import defaultdict
from datetime import UTC, datetime

from services.security_hub import asff
from strictaws import paging, wire

PAGE = 10
MAX_CALL = 6 * 1024 * 1024
_PROTECTED = ("Note", "UserDefinedFields", "VerificationState", "Workflow", "WorkflowState")
_NORMALIZED = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}
_COMPARISONS = ("EQUALS", "PREFIX", "NOT_EQUALS")
#: Operations that work without a hub.
_WITHOUT_HUB = (
    "EnableSecurityHub",
    "DescribeHub",
    "ListOrganizationAdminAccounts",
    "EnableOrganizationAdminAccount",
    "DisableOrganizationAdminAccount",
    "ListInvitations",
    "GetInvitationsCount",
)

#: How a filter finds the values that it compares.
_FILTERS = {
    "Id": lambda f: [f["Id"]],
    "ProductArn": lambda f: [f["ProductArn"]],
    "GeneratorId": lambda f: [f["GeneratorId"]],
    "AwsAccountId": lambda f: [f["AwsAccountId"]],
    "Region": lambda f: [f["Region"]],
    "RecordState": lambda f: [f["RecordState"]],
    "ComplianceStatus": lambda f: (
        [f["Compliance"]["Status"]] if "Status" in f.get("Compliance", {}) else []
    ),
    "ResourceId": lambda f: [resource["Id"] for resource in f["Resources"]],
    "ResourceType": lambda f: [resource["Type"] for resource in f["Resources"]],
    "Title": lambda f: [f["Title"]],
    "WorkflowStatus": lambda f: [f["Workflow"]["Status"]],
}


def now():
    """The time as Security Hub writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def invalid(message):
    """The error for an invalid request."""
    return wire.AwsError("InvalidInputException", message, 400, members={"Code": "InvalidInput"})


class Hub:
    """Security Hub of one account in one Region."""

    def __init__(self):
        self.subscribed_at = None
        self.findings = {}
        self.imports = []
        self.edited = defaultdict(set)


class SecurityHub:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._hubs = defaultdict(Hub)
        self._failures = []

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "EnableSecurityHub": self.enable,
            "DisableSecurityHub": self.disable,
            "DescribeHub": self.describe,
            "BatchImportFindings": self.import_findings,
            "GetFindings": self.get_findings,
            "BatchUpdateFindings": self.update_findings,
            "*": self.other,
        }
        return {("securityhub", name): function for name, function in own.items()}

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "securityhub/fail"): self.add_failure,
            ("GET", "securityhub/findings"): self.stored,
        }

    # Control.

    def add_failure(self, given):
        """Fail imports of findings whose id contains one of these texts."""
        for text in given["ids_containing"]:
            self._failures.append(
                {"account": given["account"], "text": text, "left": int(given.get("times", 1))}
            )
        return {"ids_containing": given["ids_containing"]}

    def stored(self, given):
        """All findings of an account, and the sizes of all imports."""
        findings, imports = [], []
        for (account, region), hub in self._hubs.items():
            if account == given["account"] and given.get("region", region) == region:
                findings.extend(hub.findings.values())
                imports.extend(hub.imports)
        return {"findings": findings, "imports": imports}

    # The hub itself.

    def is_enabled(self, account, region):
        """Whether an account uses Security Hub in a Region."""
        return self._hubs[account, region].subscribed_at is not None

    def receive(self, account, region, finding):
        """Store a finding of a service of AWS, if the account uses Security Hub."""
        if self.is_enabled(account, region):
            self._hubs[account, region].findings[finding["Id"]] = finding

    def _hub(self, call):
        hub = self._hubs[call.account, call.region]
        if hub.subscribed_at is None:
            raise wire.AwsError(
                "InvalidAccessException",
                f"Account {call.account} is not subscribed to AWS Security Hub",
                401,
                members={"Code": "InvalidAccess"},
            )
        return hub

    def enable(self, call, _):
        """Subscribe the account in the Region."""
        if self.is_enabled(call.account, call.region):
            raise wire.AwsError(
                "ResourceConflictException", "Account is already subscribed to Security Hub", 409
            )
        self.switch_on(call.account, call.region)
        return wire.json_result(call, {})

    def switch_on(self, account, region):
        """Subscribe an account in a Region."""
        self._hubs[account, region].subscribed_at = now()

    def disable(self, call, _):
        """End the subscription; findings stay, as they do for a while in AWS."""
        self._hub(call).subscribed_at = None
        return wire.json_result(call, {})

    def describe(self, call, _):
        """The hub, or the error that Security Hub is not enabled."""
        hub = self._hub(call)
        answer = {
            "HubArn": f"arn:{call.partition}:securityhub:{call.region}:{call.account}:hub/default",
            "SubscribedAt": hub.subscribed_at,
            "AutoEnableControls": True,
            "ControlFindingGenerator": "SECURITY_CONTROL",
        }
        return wire.json_result(call, answer)

    def other(self, call, _):
        """All other operations need a hub, too, and are moto's."""
        if call.operation not in _WITHOUT_HUB:
            self._hub(call)

    # Findings.

    def import_findings(self, call, _):
        """BatchImportFindings."""
        hub = self._hub(call)
        findings = call.parameters.get("Findings")
        if not isinstance(findings, list) or not 1 <= len(findings) <= 100:
            raise invalid("Invalid parameter: Findings must have from 1 to 100 entries")
        if len(call.body) > MAX_CALL:
            raise invalid("Invalid parameter: the request is larger than 6 MB")
        hub.imports.append(len(findings))
        failed, done, seen = [], 0, set()
        for finding in findings:
            identity = finding.get("Id") if isinstance(finding, dict) else None
            if isinstance(identity, str) and identity in seen:
                continue
            seen.add(identity)
            try:
                asff.check(finding, call.account, call.region, call.partition)
                self._fail_on_request(call.account, identity)
            except asff.Invalid as problem:
                failed.append(
                    {
                        "Id": str(identity or ""),
                        "ErrorCode": "InvalidInput",
                        "ErrorMessage": str(problem),
                    }
                )
                continue
            except _Asked:
                message = "This failure was asked for by a test."
                failed.append(
                    {"Id": identity, "ErrorCode": "InternalException", "ErrorMessage": message}
                )
                continue
            self._store(hub, finding, call.region)
            done += 1
        return wire.json_result(
            call, {"FailedCount": len(failed), "SuccessCount": done, "FailedFindings": failed}
        )

    def _fail_on_request(self, account, identity):
        for failure in self._failures:
            if (
                failure["account"] == account
                and failure["text"] in identity
                and failure["left"] > 0
            ):
                failure["left"] -= 1
                raise _Asked()

    @staticmethod
    def _store(hub, finding, region):
        old = hub.findings.get(finding["Id"])
        if old and asff.moment(finding["UpdatedAt"]) <= asff.moment(old["UpdatedAt"]):
            return
        new = copy.deepcopy({key: value for key, value in finding.items() if key not in _PROTECTED})
        new["Region"] = region
        new.setdefault("ProductName", "Default")
        new.setdefault("CompanyName", "Personal")
        new.setdefault("RecordState", "ACTIVE")
        new["ProcessedAt"] = now()
        fields = new.setdefault("ProductFields", {})
        fields["aws/securityhub/FindingId"] = f"{new['ProductArn']}/{new['Id']}"
        fields["aws/securityhub/ProductName"] = new["ProductName"]
        fields["aws/securityhub/CompanyName"] = new["CompanyName"]
        provider = new["FindingProviderFields"]
        label = provider["Severity"]["Label"]
        new["Severity"] = {**provider["Severity"], "Label": label, "Normalized": _NORMALIZED[label]}
        new["Types"] = list(provider["Types"])
        new["Workflow"], new["WorkflowState"] = {"Status": "NEW"}, "NEW"
        if old:
            for name in (*_PROTECTED, *hub.edited[old["Id"]]):
                new.pop(name, None)
                if name in old:
                    new[name] = old[name]
            was, is_now = (f.get("Compliance", {}).get("Status") for f in (old, new))
            reopened = was == "PASSED" and is_now in ("FAILED", "WARNING", "NOT_AVAILABLE")
            reopened |= old["RecordState"] == "ARCHIVED" and new["RecordState"] == "ACTIVE"
            if reopened and old["Workflow"]["Status"] in ("RESOLVED", "NOTIFIED"):
                new["Workflow"] = {"Status": "NEW"}
        hub.findings[new["Id"]] = new

    def get_findings(self, call, _):
        """GetFindings, with the filters that are supported here."""
        hub = self._hub(call)
        given = call.parameters
        size = given.get("MaxResults", PAGE)
        if not isinstance(size, int) or not 1 <= size <= 100:
            raise invalid("Invalid parameter: MaxResults must be from 1 to 100")
        filters = given.get("Filters") or {}
        if len(filters) > 10:
            raise invalid("Invalid parameter: at most 10 filter attributes")
        for name, conditions in filters.items():
            if name not in _FILTERS:
                raise invalid(
                    f"Invalid parameter: the test environment does not know filter {name}"
                )
            if not conditions or len(conditions) > 20:
                raise invalid(f"Invalid parameter: filter {name} must have from 1 to 20 values")
            for condition in conditions:
                if condition.get("Comparison") not in _COMPARISONS or not condition.get("Value"):
                    raise invalid(
                        f"Invalid parameter: filter {name} has a condition that is not supported"
                    )
        found = [
            f
            for f in hub.findings.values()
            if all(_matches(f, name, c) for name, c in filters.items())
        ]
        for order in reversed(given.get("SortCriteria") or []):
            field = order.get("Field", "")
            found.sort(
                key=lambda f: str(f.get(field, "")), reverse=order.get("SortOrder") == "desc"
            )
        listing = "findings/" + json.dumps([call.account, call.region, filters], sort_keys=True)
        try:
            part, following = paging.page(found, listing, given.get("NextToken"), size)
        except paging.InvalidToken as problem:
            raise invalid("Invalid parameter: NextToken") from problem
        answer = {"Findings": part}
        if following:
            answer["NextToken"] = following
        return wire.json_result(call, answer)

    def update_findings(self, call, _):
        """BatchUpdateFindings: changes of findings by customers."""
        hub = self._hub(call)
        given = call.parameters
        identifiers = given.get("FindingIdentifiers")
        if not isinstance(identifiers, list) or not 1 <= len(identifiers) <= 100:
            raise invalid("Invalid parameter: FindingIdentifiers must have from 1 to 100 entries")
        done, missing = [], []
        for identifier in identifiers:
            finding = hub.findings.get(identifier.get("Id"))
            if finding is None or finding["ProductArn"] != identifier.get("ProductArn"):
                reason = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
                missing.append({"FindingIdentifier": identifier, **reason})
                continue
            time = now()
            if "Note" in given:
                finding["Note"] = {**given["Note"], "UpdatedAt": time}
            if "Workflow" in given:
                finding["Workflow"] = dict(given["Workflow"])
            if "Severity" in given:
                finding["Severity"] = {**finding["Severity"], **given["Severity"]}
                hub.edited[finding["Id"]].add("Severity")
            for name in ("UserDefinedFields", "VerificationState"):
                if name in given:
                    finding[name] = given[name]
            for name in ("Types", "Confidence", "Criticality", "RelatedFindings"):
                if name in given:
                    finding[name] = given[name]
                    hub.edited[finding["Id"]].add(name)
            finding["UpdatedAt"] = time
            done.append(identifier)
        return wire.json_result(call, {"ProcessedFindings": done, "UnprocessedFindings": missing})


class _Asked(Exception):
    """A failure that a test asked for."""


def _matches(finding, name, conditions):
    values = _FILTERS[name](finding)
    wanted = [c for c in conditions if c["Comparison"] != "NOT_EQUALS"]
    unwanted = [c["Value"] for c in conditions if c["Comparison"] == "NOT_EQUALS"]
    if any(value in unwanted for value in values):
        return False
    if not wanted:
        return True
    for condition in wanted:
        for value in values:
            if condition["Comparison"] == "EQUALS" and value == condition["Value"]:
                return True
            if condition["Comparison"] == "PREFIX" and value.startswith(condition["Value"]):
                return True
    return False
