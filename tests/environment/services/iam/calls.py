"""IAM where moto differs from AWS: root, the credential report, pages."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from urllib.parse import urlencode

from moto.core.utils import get_pagination_model
from moto.iam.models import VirtualMfaDevice, iam_backends

from services.iam import credential_report
from strictaws import paging, wire, xml_pages

_ALL = "100000000"
#: Long lists that moto paginates itself, because complete answers are slow.
_PAGED_BY_MOTO = ("ListPolicies",)
#: Fields of ``iam/root`` that are not columns of the report.
_ROOT_EXTRAS = (
    "account",
    "virtual_mfa",
    "virtual_mfa_name",
    "virtual_mfa_user_listed",
    "access_keys_present",
    "password_present",
)


class Report:
    """The values that tests set in an account's report, and its progress."""

    def __init__(self):
        self.rows = defaultdict(dict)
        self.generated = None
        self.requested = False
        self.pending = 1
        self.started = False
        self.time = None


class Identity:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._reports = defaultdict(Report)
        self._roots = defaultdict(dict)

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "GetAccountSummary": self.account_summary,
            "GenerateCredentialReport": self.generate_report,
            "GetCredentialReport": self.get_report,
            "*": self.paged,
        }
        return {("iam", operation): handler for operation, handler in own.items()}

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "iam/root"): self.set_root,
            ("POST", "iam/credential-report"): self.set_report,
            ("DELETE", "iam/credential-report"): self.forget_report,
        }

    # Control.

    def set_root(self, given):
        """Set columns and flags of the root user."""
        account = given["account"]
        for name in given:
            if name not in credential_report.COLUMNS and name not in _ROOT_EXTRAS:
                raise ValueError(f"unknown field {name}")
        root = self._roots[account]
        root.update({name: value for name, value in given.items() if name != "account"})
        for partition in ("aws", "aws-cn", "aws-us-gov") if account in iam_backends else ("aws",):
            if partition == "aws" or partition in dict.keys(iam_backends[account]):
                self._place_device(account, partition, root)
        return {"ok": True}

    @staticmethod
    def _place_device(account, partition, root):
        devices = iam_backends[account][partition].virtual_mfa_devices
        for serial, device in list(devices.items()):
            if getattr(device, "environment_root", False):
                del devices[serial]
        if not root.get("virtual_mfa"):
            return
        device = VirtualMfaDevice(
            account, partition, "/" + root.get("virtual_mfa_name", "root-account-mfa-device")
        )
        device.serial_number = re.sub("^arn:[^:]+", f"arn:{partition}", device.serial_number)
        device.environment_root = True
        device.enable_date = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        if root.get("virtual_mfa_user_listed", True):
            device.user = {
                "Path": "/",
                "UserId": account,
                "Arn": f"arn:{partition}:iam::{account}:root",
                "CreateDate": datetime(2020, 1, 1),
            }
        devices[device.serial_number] = device

    def set_report(self, given):
        """Override columns of users' rows, and set how often the report is not ready."""
        account = given["account"]
        report = self._reports[account]
        users = {name for backend in list(iam_backends[account].values()) for name in backend.users}
        for user, row in (given.get("rows") or {}).items():
            if user not in users:
                raise ValueError(f"account {account} has no IAM user {user}; create it first")
            for column in row:
                if column not in credential_report.COLUMNS:
                    raise ValueError(f"unknown column {column}")
            report.rows[user].update(row)
            if "user_creation_time" in row:
                # The report and the lists have the same time.
                given_time = datetime.fromisoformat(row["user_creation_time"])
                made = given_time.astimezone(UTC).replace(tzinfo=None, microsecond=0)
                for backend in list(iam_backends[account].values()):
                    if user in backend.users:
                        backend.users[user].create_date = made
        if given.get("generated"):
            report.generated = given["generated"]
        if "started_times" in given:
            report.pending, report.started, report.requested = (
                int(given["started_times"]),
                False,
                False,
            )
        return {"ok": True}

    # IAM.

    def account_summary(self, call, _):
        """Return the counts of moto and the flags of root."""
        root = self._roots[call.account]
        row = credential_report.root_row(root, call.account, call.partition)
        keys = any(
            row[f"access_key_{n}_active"] == "true" or row[f"access_key_{n}_last_rotated"] != "N/A"
            for n in (1, 2)
        )
        counts = dict(iam_backends[call.account][call.partition].account_summary.summary_map)
        counts["AccountMFAEnabled"] = int(row["mfa_active"] == "true")
        counts["AccountAccessKeysPresent"] = int(root.get("access_keys_present", keys))
        counts["AccountPasswordPresent"] = int(
            root.get("password_present", row["password_enabled"] != "false")
        )
        return wire.xml_result(call, {"SummaryMap": counts})

    def forget_report(self, given):
        """Delete the report; the values that tests set remain."""
        report = self._reports[given["account"]]
        report.requested, report.started, report.time = False, False, None
        return {"ok": True}

    def generate_report(self, call, _):
        """Answer STARTED, INPROGRESS the configured number of times, then COMPLETE."""
        report = self._reports[call.account]
        report.requested = True
        if report.pending > 0:
            report.pending -= 1
            state, report.started = ("INPROGRESS" if report.started else "STARTED"), True
            description = "No report exists. Starting a new report generation task"
            return wire.xml_result(call, {"State": state, "Description": description})
        report.time = report.time or datetime.now(UTC)
        return wire.xml_result(call, {"State": "COMPLETE"})

    def get_report(self, call, _):
        """Return the report, or the error that states why no report exists."""
        report = self._reports[call.account]
        if not report.requested:
            message = "No report exists. Starting a new report generation task is required."
            raise wire.AwsError("ReportNotPresent", message, 410)
        if report.pending > 0:
            report.pending -= 1
            raise wire.AwsError(
                "ReportInProgress",
                "Credential report is not ready; its generation is in progress.",
                404,
            )
        report.time = report.time or datetime.now(UTC)
        generated = report.generated or report.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = {
            "Content": self._csv(call).encode(),
            "ReportFormat": "text/csv",
            "GeneratedTime": generated,
        }
        return wire.xml_result(call, answer)

    def _csv(self, call):
        account, partition = call.account, call.partition
        overrides = self._reports[account].rows
        rows = [credential_report.root_row(self._roots[account], account, partition)]
        for name, user in sorted(iam_backends[account][partition].users.items()):
            given = overrides.get(name, {})
            shown = {column: credential_report.text(value) for column, value in given.items()}
            rows.append({**credential_report.user_row(user), **shown})
        return credential_report.as_csv(rows)

    @staticmethod
    def paged(call, forward):
        """Answer in pages of 100 or of the requested size; moto returns most lists completely."""
        model = get_pagination_model("iam").get(call.operation)
        if not model or model.get("limit_key") != "MaxItems" or call.operation in _PAGED_BY_MOTO:
            return forward()
        form = dict(call.form)
        size, marker = form.pop("MaxItems", "100"), form.pop("Marker", None)
        if not size.isdigit() or not 1 <= int(size) <= 1000:
            raise wire.AwsError(
                "ValidationError", f"Value '{size}' at 'maxItems' must be from 1 to 1000"
            )
        call.replace_form({**form, "MaxItems": _ALL})
        response = forward()
        if response.status != 200:
            return response
        keys = model["result_key"]
        keys = keys if isinstance(keys, list) else [keys]
        listing = f"{call.operation}/{call.account}/{urlencode(sorted(form.items()))}"
        try:
            root, holder, space, following = xml_pages.cut(
                response, call, keys, listing, marker, int(size), f"{call.operation}Result"
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("ValidationError", "Invalid Marker.") from problem
        truncated = {"IsTruncated": "true" if following else "false", "Marker": following}
        xml_pages.put(response, root, holder, space, truncated)
        return response
