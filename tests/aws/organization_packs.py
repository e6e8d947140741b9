"""AWS Config's conformance packs of organizations, which moto notes and does not deploy.

The rules are made in every active account of the organization, the management account too, as a pack of that account
would make them.
"""

import copy
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

import organization
import paging
import wire
from config_rules import NO_RECORDER
from resource_types import Added, ConformancePack, add, read_pack
from stacks import text_of

MAX_EXCLUDED = 1000
_PAGE = 2
_MAX_PAGE = 100
_MAX_NAMES = 25
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


@dataclass
class State:
    """How far something is, and why it failed."""

    status: str
    code: str = None
    message: str = None
    time: float = field(default_factory=time.time)

    def shown(self, under_way):
        """As AWS shows it; at first it is under way."""
        if under_way:
            return {"Status": f"{self.status.partition('_')[0]}_IN_PROGRESS", "LastUpdateTime": self.time}
        shown = {"Status": self.status, "ErrorCode": self.code, "ErrorMessage": self.message, "LastUpdateTime": self.time}
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Pack:
    """An organization's pack in a Region, with its state in each account."""

    owner: str
    region: str
    name: str
    id: str
    properties: dict = None
    template: dict = None
    given: dict = None
    state: State = None
    members: dict = field(default_factory=dict)
    joined: set = field(default_factory=set)
    under_way: bool = False

    @property
    def arn(self):
        """Its ARN."""
        return f"arn:{get_partition(self.region)}:config:{self.region}:{self.owner}:organization-conformance-pack/{self.name}-{self.id}"

    @property
    def in_members(self):
        """The pack that an account has of it."""
        return ConformancePack(f"OrgConformsPack-{self.name}-{self.id}")

    def wanted(self, backend):
        """The accounts that it should be in."""
        excluded = self.properties.get("ExcludedAccounts") or []
        return [account for account in organization.accounts(backend) if organization.is_active(backend, account) and account not in excluded]


class OrganizationPacks:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._packs = {}
        self._stuck = set()

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("config", "PutOrganizationConformancePack"): self.put_pack,
            ("config", "DescribeOrganizationConformancePacks"): self.describe,
            ("config", "DescribeOrganizationConformancePackStatuses"): self.statuses,
            ("config", "GetOrganizationConformancePackDetailedStatus"): self.detailed,
            ("config", "DeleteOrganizationConformancePack"): self.delete_pack,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "config/stuck-packs"): self.set_stuck}

    def set_stuck(self, given):
        """Let the status of an account's packs as a whole stay under way for good, as users report of delegated administrators."""
        (self._stuck.add if given["stuck"] else self._stuck.discard)(given["account"])
        return {"stuck": given["stuck"]}

    # Packs.

    @staticmethod
    def backend(account):
        """The organization for which an account may deploy packs."""
        backend = organization.of(account)
        if backend is None:
            raise wire.AwsError("OrganizationAccessDeniedException", "This action can only be made by accounts in an AWS Organization")
        if account != backend.account_id and not organization.is_delegated(account, organization.MULTI_ACCOUNT):
            raise wire.AwsError("OrganizationAccessDeniedException", "This action can be only made by AWS Organization's master account.")
        return backend

    def find(self, account, region, name):
        """A pack by name: of those that this very account deployed."""
        pack = self._packs.get((account, region, name))
        if pack is None:
            message = "One or more organization conformance packs with specified names are not present. Ensure your names are correct and try your request again later."
            raise wire.AwsError("NoSuchOrganizationConformancePackException", message)
        return pack

    def has(self, account, region, name):
        """Whether an account deployed a pack of that name."""
        return (account, region, name) in self._packs

    def put(self, account, region, properties):
        """Make a pack or change it, in all accounts of the organization. What fails in one leaves the others as they are."""
        backend = self.backend(account)
        if backend.org.feature_set != "ALL":
            message = "Enable all features of the organization to create this resource."
            raise wire.AwsError("OrganizationAllFeaturesNotEnabledException", message)
        name, excluded = properties.get("OrganizationConformancePackName") or "", properties.get("ExcludedAccounts") or []
        if not _NAME.fullmatch(name):
            raise _invalid("organizationConformancePackName", f"Member must satisfy regular expression pattern: {_NAME.pattern}")
        if len(excluded) > MAX_EXCLUDED:
            raise _invalid("excludedAccounts", f"Member must have length less than or equal to {MAX_EXCLUDED}")
        if not all(re.fullmatch(r"\d{12}", one) for one in excluded):
            raise _invalid("excludedAccounts", r"Member must satisfy regular expression pattern: \d{12}")
        self._must_rest(account, region, name)
        try:
            template, given = read_pack(properties, account, region)
        except wire.AwsError as problem:
            problem.code = problem.code.replace("ConformancePack", "OrganizationConformancePack")
            raise
        organization.trust(backend, organization.MULTI_ACCOUNT)
        pack = self._packs.get((account, region, name)) or Pack(account, region, name, mock_random.get_random_string(length=8, lower_case=True))
        self._packs[account, region, name] = pack
        pack.properties, pack.template, pack.given = copy.deepcopy(properties), template, given
        wanted = pack.wanted(backend)
        self._remove(pack, [member for member in pack.members if member not in wanted])
        self._deploy(pack, wanted)
        return pack

    def _must_rest(self, account, region, name):
        pack = self._packs.get((account, region, name))
        if pack is not None and pack.under_way:
            action = pack.state.status.partition("_")[0]
            message = f"The organization conformance pack {name} is in {action}_IN_PROGRESS. Try your request again later."
            raise wire.AwsError("ResourceInUseException", message)

    @staticmethod
    def _deploy(pack, accounts):
        for account in accounts:
            # A second put updates, also where the first one failed.
            action = "UPDATE" if account in pack.members else "CREATE"
            try:
                pack.in_members.bring(pack.template, pack.given, account, pack.region)
            except Exception as problem:
                code = getattr(problem, "code", None) or type(problem).__name__
                pack.members[account] = State(f"{action}_FAILED", code, text_of(problem))
            else:
                pack.members[account] = State(f"{action}_SUCCESSFUL")
        action = "UPDATE" if pack.state else "CREATE"
        failed = [state for state in pack.members.values() if state.status.endswith("_FAILED")]
        pack.state = State(f"{action}_FAILED", failed[0].code, _summary(pack)) if failed else State(f"{action}_SUCCESSFUL")
        pack.under_way = True

    @staticmethod
    def _remove(pack, accounts):
        for account in accounts:
            pack.in_members.remove(account, pack.region)
            del pack.members[account]

    def delete(self, account, region, name):
        """Take a pack and its rules away."""
        self.backend(account)
        pack = self.find(account, region, name)
        self._must_rest(account, region, name)
        self._remove(pack, list(pack.members))
        pack.state, pack.under_way = State("DELETE_SUCCESSFUL"), True
        return pack

    def forget(self, pack):
        """There is no such pack any more."""
        self._packs.pop((pack.owner, pack.region, pack.name), None)

    def settle(self, backend):
        """Accounts that joined get their rules, and are tried again while they have no recorder; accounts that left lose them."""
        changed = []
        for pack in [one for one in self._packs.values() if organization.of(one.owner) is backend]:
            wanted = pack.wanted(backend)
            for account in pack.joined & set(pack.members):
                if (pack.members[account].status, pack.members[account].code) == ("CREATE_FAILED", NO_RECORDER):
                    del pack.members[account]
            added = [account for account in wanted if account not in pack.members]
            gone = [account for account in pack.members if account not in wanted]
            if added or gone:
                pack.joined.update(added)
                self._remove(pack, gone)
                self._deploy(pack, added)
                changed += [f"{pack.name} {account} {pack.region}" for account in [*added, *gone]]
        return changed

    # AWS operations.

    def put_pack(self, call, _):
        """Under way at first."""
        return wire.json_result(call, {"OrganizationConformancePackArn": self.put(call.account, call.region, call.parameters).arn})

    def delete_pack(self, call, _):
        """Under way at first."""
        self.delete(call.account, call.region, call.parameter("OrganizationConformancePackName"))
        return wire.json_result(call, {})

    def describe(self, call, _):
        """Packs by name, or all in small pages."""
        packs, following = self._asked(call)
        names = ("ConformancePackInputParameters", "ExcludedAccounts", "DeliveryS3Bucket", "DeliveryS3KeyPrefix")
        shown = [
            {
                "OrganizationConformancePackName": pack.name,
                "OrganizationConformancePackArn": pack.arn,
                "LastUpdateTime": pack.state.time,
                "ConformancePackInputParameters": [],
                "ExcludedAccounts": [],
                **{name: pack.properties[name] for name in names if pack.properties.get(name)},
            }
            for pack in packs
        ]
        return wire.json_result(call, {"OrganizationConformancePacks": shown, **following})

    def statuses(self, call, _):
        """What is under way is seen so once; what is deleted is seen for the last time."""
        packs, following = self._asked(call)
        stuck = call.account in self._stuck
        shown = [{"OrganizationConformancePackName": pack.name, **pack.state.shown(pack.under_way or stuck)} for pack in packs]
        for pack in packs:
            self._seen(pack)
        return wire.json_result(call, {"OrganizationConformancePackStatuses": shown, **following})

    def detailed(self, call, _):
        """The state in each account, in small pages."""
        self.backend(call.account)
        pack = self.find(call.account, call.region, call.parameter("OrganizationConformancePackName"))
        filters = call.parameter("Filters") or {}
        shown = [
            {"AccountId": account, "ConformancePackName": pack.in_members.name, **state.shown(pack.under_way)}
            for account, state in pack.members.items()
        ]
        kept = [
            one
            for one in shown
            if filters.get("AccountId", one["AccountId"]) == one["AccountId"] and filters.get("Status", one["Status"]) == one["Status"]
        ]
        part, following = _page(call, kept, f"organization-pack/{pack.arn}")
        if not following:
            self._seen(pack)
        return wire.json_result(call, {"OrganizationConformancePackDetailedStatuses": part, **following})

    def _seen(self, pack):
        pack.under_way = False
        if pack.state.status.startswith("DELETE_"):
            self.forget(pack)

    def _asked(self, call):
        self.backend(call.account)
        names = call.parameter("OrganizationConformancePackNames") or []
        if len(names) > _MAX_NAMES:
            raise _invalid("organizationConformancePackNames", f"Member must have length less than or equal to {_MAX_NAMES}")
        if names:
            return [self.find(call.account, call.region, name) for name in names], {}
        own = [pack for pack in self._packs.values() if (pack.owner, pack.region) == (call.account, call.region)]
        return _page(call, own, f"organization-packs/{call.operation}/{call.account}/{call.region}")


def _invalid(name, constraint):
    return wire.AwsError("ValidationException", f"1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}")


def _page(call, items, listing):
    size = call.parameter("Limit") or _PAGE
    if not 0 < size <= _MAX_PAGE:
        raise wire.AwsError("InvalidLimitException", f"The limit must be from 0 to {_MAX_PAGE}.")
    try:
        part, following = paging.page(items, listing, call.parameter("NextToken"), min(size, _PAGE))
    except paging.InvalidToken as problem:
        raise wire.AwsError("InvalidNextTokenException", "The nextToken provided is invalid") from problem
    return part, {"NextToken": following} if following else {}


def _summary(pack):
    """How many accounts failed, by what."""
    codes = Counter(state.code for state in pack.members.values() if state.status.endswith("_FAILED"))
    return "".join(f"{code} in {count} account(s), " for code, count in codes.items())


@add
class OrganizationConformancePack(Added):
    """``AWS::Config::OrganizationConformancePack``: fails where one account fails, and is taken back. ``packs`` has them."""

    packs = None
    TYPE, NAME = "AWS::Config::OrganizationConformancePack", "OrganizationConformancePackName"

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Changes it, or changes it back."""
        pack = cls.packs.find(account_id, region_name, original_resource.name)
        before = pack.properties
        try:
            original_resource.bring(cloudformation_json["Properties"], account_id, region_name)
        except wire.AwsError:
            pack.under_way = False
            cls.packs.put(account_id, region_name, before).under_way = False
            raise
        return original_resource

    def put(self, properties, account, region):
        if self.packs.has(account, region, self.name):
            raise wire.AwsError("AlreadyExists", f"Resource of type '{self.TYPE}' with identifier '{self.name}' already exists.")
        try:
            self.bring(properties, account, region)
        except wire.AwsError:
            self.remove(account, region)
            raise

    def bring(self, properties, account, region):
        """Put it, and wait for all accounts."""
        pack = self.packs.put(account, region, {**properties, "OrganizationConformancePackName": self.name})
        pack.under_way = False
        if pack.state.status.endswith("_FAILED"):
            message = f"Failed to Create/Update OrganizationConformancePack {self.name}. Summary: [{_summary(pack)}]"
            raise wire.AwsError("NotStabilized", message)

    def remove(self, account, region):
        try:
            self.packs.forget(self.packs.delete(account, region, self.name))
        except wire.AwsError as problem:
            if problem.code != "NoSuchOrganizationConformancePackException":
                raise
