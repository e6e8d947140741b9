"""IAM and STS where moto differs from AWS: root, credential report, roles."""

import csv
import io
import json
import re
from collections import defaultdict
from datetime import datetime, timezone
from urllib.parse import urlencode

from moto.core.utils import get_pagination_model
from moto.iam.models import ManagedPolicy, VirtualMfaDevice, iam_backends
from moto.utilities.utils import get_partition

import organization
import paging
import wire
import xml_pages
from accounts import test_account

COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active",
    "access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date",
    "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service",
    "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)
_ALL = "100000000"
#: Long lists that moto pages itself, and is slow to give out whole.
_PAGED_BY_MOTO = ("ListPolicies",)
_BIRTH = "2020-01-01T00:00:00+00:00"
_ROLE = re.compile(r"^arn:([^:]+):iam::(\d{12}):role/(.+)$")
#: Fields of ``iam/root`` that are no columns of the report.
_ROOT_EXTRAS = (
    "account", "virtual_mfa", "virtual_mfa_name", "virtual_mfa_user_listed", "access_keys_present", "password_present",
)

#: ``GetAccountAuthorizationDetails`` looks for these names, and moto's policies call them otherwise.
ManagedPolicy.policy_id = property(lambda policy: policy.id)
ManagedPolicy.policy_name = property(lambda policy: policy.name)


def stamp(moment):
    """A time as the report writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def text(value):
    """A column's value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Report:
    """What tests said about an account's report, and how far it is."""

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
        return {
            ("iam", "GetAccountSummary"): self.account_summary,
            ("iam", "GenerateCredentialReport"): self.generate_report,
            ("iam", "GetCredentialReport"): self.get_report,
            ("iam", "*"): self.paged,
            ("sts", "AssumeRole"): self.assume_role,
            ("sts", "GetCallerIdentity"): self.caller_identity,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "iam/root"): self.set_root,
            ("POST", "iam/credential-report"): self.set_report,
        }

    # Control.

    def set_root(self, given):
        """Say how the root user looks."""
        account = given["account"]
        for name in given:
            if name not in COLUMNS and name not in _ROOT_EXTRAS:
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
            if getattr(device, "plumbline_root", False):
                del devices[serial]
        if not root.get("virtual_mfa"):
            return
        device = VirtualMfaDevice(account, partition, "/" + root.get("virtual_mfa_name", "root-account-mfa-device"))
        device.serial_number = re.sub("^arn:[^:]+", f"arn:{partition}", device.serial_number)
        device.plumbline_root = True
        device.enable_date = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
        if root.get("virtual_mfa_user_listed", True):
            device.user = {
                "Path": "/",
                "UserId": account,
                "Arn": f"arn:{partition}:iam::{account}:root",
                "CreateDate": datetime(2020, 1, 1),
            }
        devices[device.serial_number] = device

    def set_report(self, given):
        """Override columns of users' rows, and set the report's progress."""
        account = given["account"]
        report = self._reports[account]
        users = {name for backend in list(iam_backends[account].values()) for name in backend.users}
        for user, row in (given.get("rows") or {}).items():
            if user not in users:
                raise ValueError(f"account {account} has no IAM user {user}; create it first")
            for column in row:
                if column not in COLUMNS:
                    raise ValueError(f"unknown column {column}")
            report.rows[user].update(row)
            if "user_creation_time" in row:
                # The report and the lists tell the same time.
                made = datetime.fromisoformat(row["user_creation_time"]).astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
                for backend in list(iam_backends[account].values()):
                    if user in backend.users:
                        backend.users[user].create_date = made
        if given.get("generated"):
            report.generated = given["generated"]
        if "started_times" in given:
            report.pending, report.started, report.requested = int(given["started_times"]), False, False
        return {"ok": True}

    # IAM.

    def account_summary(self, call, _):
        """Moto's counts and root's flags."""
        root = self._roots[call.account]
        row = self._root_row(call.account, call.partition)
        keys = any(
            row[f"access_key_{n}_active"] == "true" or row[f"access_key_{n}_last_rotated"] != "N/A" for n in (1, 2)
        )
        counts = dict(iam_backends[call.account][call.partition].account_summary.summary_map)
        counts["AccountMFAEnabled"] = int(row["mfa_active"] == "true")
        counts["AccountAccessKeysPresent"] = int(root.get("access_keys_present", keys))
        counts["AccountPasswordPresent"] = int(root.get("password_present", row["password_enabled"] != "false"))
        return wire.xml_result(call, {"SummaryMap": counts})

    def generate_report(self, call, _):
        """STARTED, INPROGRESS as often as asked for, COMPLETE."""
        report = self._reports[call.account]
        report.requested = True
        if report.pending > 0:
            report.pending -= 1
            state, report.started = ("INPROGRESS" if report.started else "STARTED"), True
            description = "No report exists. Starting a new report generation task"
            return wire.xml_result(call, {"State": state, "Description": description})
        report.time = report.time or datetime.now(timezone.utc)
        return wire.xml_result(call, {"State": "COMPLETE"})

    def get_report(self, call, _):
        """The report, or why there is none yet."""
        report = self._reports[call.account]
        if not report.requested:
            message = "No report exists. Starting a new report generation task is required."
            raise wire.AwsError("ReportNotPresent", message, 410)
        if report.pending > 0:
            report.pending -= 1
            raise wire.AwsError("ReportInProgress", "Credential report is not ready; its generation is in progress.", 404)
        report.time = report.time or datetime.now(timezone.utc)
        generated = report.generated or report.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = {"Content": self._csv(call).encode(), "ReportFormat": "text/csv", "GeneratedTime": generated}
        return wire.xml_result(call, answer)

    def _csv(self, call):
        output = io.StringIO()
        writer = csv.DictWriter(output, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerow(self._root_row(call.account, call.partition))
        backend = iam_backends[call.account][call.partition]
        overrides = self._reports[call.account].rows
        for name in sorted(backend.users):
            row = self._user_row(backend.users[name])
            row.update({column: text(value) for column, value in overrides.get(name, {}).items()})
            writer.writerow(row)
        return output.getvalue().rstrip("\n")

    def _root_row(self, account, partition):
        row = dict.fromkeys(COLUMNS, "N/A")
        row.update(
            user="<root_account>",
            arn=f"arn:{partition}:iam::{account}:root",
            user_creation_time=_BIRTH,
            password_enabled="not_supported",
            password_last_used="no_information",
            password_last_changed="not_supported",
            password_next_rotation="not_supported",
            mfa_active="true",
            **{name: "false" for name in COLUMNS if name.endswith("_active") and name != "mfa_active"},
        )
        given = self._roots[account]
        row.update({name: text(value) for name, value in given.items() if name in COLUMNS})
        if given.get("password_enabled") is True:
            row["password_enabled"] = "not_supported"
        for number in (1, 2):
            active, rotated = f"access_key_{number}_active", f"access_key_{number}_last_rotated"
            if row[active] == "true" and rotated not in given:
                row[rotated] = _BIRTH
        return row

    @staticmethod
    def _user_row(user):
        row = dict.fromkeys(COLUMNS, "N/A")
        row.update(
            user=user.name,
            arn=user.arn,
            user_creation_time=stamp(user.create_date),
            password_enabled=text(bool(user.password)),
            mfa_active=text(bool(user.mfa_devices)),
            **{name: "false" for name in COLUMNS if name.endswith("_active") and name != "mfa_active"},
        )
        if user.password:
            used = user.password_last_used
            row["password_last_used"] = stamp(used) if used else "no_information"
            row["password_last_changed"] = stamp(user.create_date)
        for number, key in enumerate(user.access_keys[:2], 1):
            prefix = f"access_key_{number}_"
            row[prefix + "active"] = text(key.status == "Active")
            row[prefix + "last_rotated"] = stamp(key.create_date)
            if key.last_used:
                row[prefix + "last_used_date"] = stamp(key.last_used)
                row[prefix + "last_used_region"] = getattr(key.last_used, "region", "us-east-1")
                row[prefix + "last_used_service"] = getattr(key.last_used, "service", "iam")
        for number, certificate in enumerate(list(user.signing_certificates.values())[:2], 1):
            row[f"cert_{number}_active"] = text(certificate.status == "Active")
            row[f"cert_{number}_last_rotated"] = stamp(user.create_date)
        return row

    @staticmethod
    def paged(call, forward):
        """Pages of 100, or as large as asked for; moto gives most lists whole."""
        model = get_pagination_model("iam").get(call.operation)
        if not model or model.get("limit_key") != "MaxItems" or call.operation in _PAGED_BY_MOTO:
            return forward()
        form = dict(call.form)
        size, marker = form.pop("MaxItems", "100"), form.pop("Marker", None)
        if not size.isdigit() or not 1 <= int(size) <= 1000:
            raise wire.AwsError("ValidationError", f"Value '{size}' at 'maxItems' must be from 1 to 1000")
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

    # STS.

    @staticmethod
    def assume_role(call, forward):
        """Only roles that exist can be assumed, by those whom they trust."""
        arn = call.parameter("RoleArn") or ""
        found = _ROLE.match(arn)
        if found and found.group(1) == call.partition:
            partitions = iam_backends.get(found.group(2)) or {}
            backend = partitions.get(call.partition) if call.partition in dict.keys(partitions) else None
            if backend and any(role.arn == arn and _trusts(role, call) for role in backend.get_roles()):
                return forward()
        elif not found:
            raise wire.AwsError("ValidationError", f"{arn} is invalid", 400)
        message = f"User: {_tester(call)[1]} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise wire.AwsError("AccessDenied", message, 403)

    @staticmethod
    def caller_identity(call, forward):
        """Keys that stand for an account are a user of that account."""
        if not test_account(call.access_key):
            return forward()
        identity, arn = _tester(call)
        return wire.xml_result(call, {"UserId": identity, "Account": call.account, "Arn": arn})


def _trusts(role, call):
    """Whether a role lets in who calls: the account, external id and organization. Which role calls is not looked at: keys stand for accounts here."""
    statements = json.loads(role.assume_role_policy_document).get("Statement")
    if statements is None:  # tests make roles that trust everyone
        return True
    backend = organization.of(call.account)
    called = {"sts:ExternalId": call.parameter("ExternalId"), "aws:PrincipalOrgID": backend and backend.org.id}
    return any(
        statement["Effect"] == "Allow"
        and "sts:AssumeRole" in _listed(statement["Action"])
        and f"arn:{call.partition}:iam::{call.account}:root" in _listed(statement["Principal"].get("AWS", []))
        and all(called.get(key) in _listed(wanted) for key, wanted in statement.get("Condition", {}).get("StringEquals", {}).items())
        for statement in _listed(statements)
    )


def _listed(value):
    return value if isinstance(value, list) else [value]


def _tester(call):
    partition = get_partition(call.region)
    return f"AIDA{call.account}TEST", f"arn:{partition}:iam::{call.account}:user/plumbline-test"
