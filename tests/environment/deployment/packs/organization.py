"""Conformance packs of organizations, which moto stores without deploying them.

The rules are created in every active account of the organization, the
management account too, as a pack of that account would create them.
"""

import copy
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from deployment.errors import text_of
from deployment.organizations import members
from deployment.packs import template as pack_template
from deployment.packs.rules import ConformancePack
from deployment.stack_sets.sets import NOT_ENABLED
from services.config.results import NO_RECORDER
from strictaws.background import pause
from strictaws.wire import AwsError

# https://docs.aws.amazon.com/config/latest/APIReference/API_PutOrganizationConformancePack.html
MAX_EXCLUDED = 1000
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_DENIED = "OrganizationAccessDeniedException"


@dataclass
class State:
    """The result of an action, and why it failed."""

    status: str
    code: str = None
    message: str = None
    time: float = field(default_factory=time.time)

    @property
    def is_failed(self):
        """Whether the action failed."""
        return self.status.endswith("_FAILED")

    def shown(self, in_progress):
        """The state in the form of an answer."""
        if in_progress:
            status = f"{self.status.partition('_')[0]}_IN_PROGRESS"
            return {"Status": status, "LastUpdateTime": self.time}
        shown = {
            "Status": self.status,
            "ErrorCode": self.code,
            "ErrorMessage": self.message,
            "LastUpdateTime": self.time,
        }
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Pack:
    """An organization's pack in a Region. ``members``: the states by account.

    ``joined``: accounts that received the pack after it was created.
    ``in_progress`` until its status was described; ``is_changing`` during the
    deployment to accounts.
    """

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
    in_progress: bool = False
    is_changing: bool = False

    @property
    def arn(self):
        """Its ARN."""
        prefix = f"arn:{get_partition(self.region)}:config:{self.region}:{self.owner}"
        return f"{prefix}:organization-conformance-pack/{self.name}-{self.id}"

    @property
    def in_members(self):
        """Its pack in an account."""
        return ConformancePack(f"OrgConformsPack-{self.name}-{self.id}")

    def wanted(self, backend):
        """The accounts to which it is deployed."""
        excluded = self.properties.get("ExcludedAccounts") or []
        return [
            account
            for account in members.accounts(backend)
            if members.is_active(backend, account) and account not in excluded
        ]

    def summary(self):
        """How many accounts failed, by error code."""
        codes = Counter(state.code for state in self.members.values() if state.is_failed)
        return "".join(f"{code} in {count} account(s), " for code, count in codes.items())


class OrganizationPacks:
    """The packs of all organizations, by the account that created them.

    ``regions`` are the enabled ones of each account.
    """

    def __init__(self, background, regions):
        self._background, self._regions = background, regions
        self._packs = {}

    @staticmethod
    def backend(account):
        """The organization that an account may deploy packs to."""
        backend = members.of(account)
        if backend is None:
            message = "This action can only be made by accounts in an AWS Organization"
            raise AwsError(_DENIED, message)
        may = members.is_delegated(account, members.MULTI_ACCOUNT)
        if account != backend.account_id and not may:
            message = "This action can be only made by AWS Organization's master account."
            raise AwsError(_DENIED, message)
        return backend

    def find(self, account, region, name):
        """A pack by name, of those that this account created."""
        pack = self._packs.get((account, region, name))
        if pack is None:
            message = (
                "One or more organization conformance packs with specified names are not present. "
                "Ensure your names are correct and try your request again later."
            )
            raise AwsError("NoSuchOrganizationConformancePackException", message)
        return pack

    def of(self, account, region):
        """The packs that an account created in a Region."""
        place = (account, region)
        return [pack for pack in self._packs.values() if (pack.owner, pack.region) == place]

    def has(self, account, region, name):
        """Whether an account created a pack of that name."""
        return (account, region, name) in self._packs

    def put(self, account, region, properties, waits=True):
        """Create a pack or update it, in all accounts of the organization.

        A failure in one account does not affect the others. ``waits`` until all
        accounts have the pack, or returns during the deployment.
        """
        backend = self.backend(account)
        _check(properties, backend)
        name = properties["OrganizationConformancePackName"]
        self._must_be_settled(account, region, name)
        try:
            template, given = pack_template.read(properties, account, region)
        except AwsError as problem:
            problem.code = problem.code.replace("ConformancePack", "OrganizationConformancePack")
            raise
        members.trust(backend, members.MULTI_ACCOUNT)
        pack = self._packs.get((account, region, name))
        if pack is None:
            identity = mock_random.get_random_string(length=8, lower_case=True)
            pack = self._packs[account, region, name] = Pack(account, region, name, identity)
        pack.properties, pack.template, pack.given = copy.deepcopy(properties), template, given
        wanted = pack.wanted(backend)

        def work():
            self._remove(pack, [member for member in pack.members if member not in wanted])
            self._deploy(pack, wanted)

        self._begin(pack, "UPDATE" if pack.state else "CREATE")
        self._do(pack, work, waits)
        return pack

    @staticmethod
    def _begin(pack, action):
        pack.state, pack.in_progress = State(f"{action}_SUCCESSFUL"), True
        pack.is_changing = True

    def _do(self, pack, work, waits):
        def run():
            try:
                work()
            finally:
                pack.is_changing = False

        if waits:
            run()
        else:
            self._background.start(pack.owner, run)

    def _must_be_settled(self, account, region, name):
        pack = self._packs.get((account, region, name))
        if pack is not None and pack.in_progress:
            action = pack.state.status.partition("_")[0]
            message = (
                f"The organization conformance pack {name} is in {action}_IN_PROGRESS. "
                "Try your request again later."
            )
            raise AwsError("ResourceInUseException", message)

    def _deploy(self, pack, accounts):
        for account in accounts:
            pause()
            # A second put updates, also where the first one failed.
            action = "UPDATE" if account in pack.members else "CREATE"
            try:
                if not self._regions.has(account, pack.region):
                    raise AwsError("UnrecognizedClientException", NOT_ENABLED)
                pack.in_members.bring(pack.template, pack.given, account, pack.region)
            except Exception as problem:
                code = getattr(problem, "code", None) or type(problem).__name__
                pack.members[account] = State(f"{action}_FAILED", code, text_of(problem))
            else:
                pack.members[account] = State(f"{action}_SUCCESSFUL")
        action = pack.state.status.partition("_")[0]
        failed = [state for state in pack.members.values() if state.is_failed]
        pack.state = State(f"{action}_SUCCESSFUL")
        if failed:
            pack.state = State(f"{action}_FAILED", failed[0].code, pack.summary())
        pack.in_progress = True

    @staticmethod
    def _remove(pack, accounts):
        for account in accounts:
            pause()
            pack.in_members.remove(account, pack.region)
            del pack.members[account]

    def delete(self, account, region, name, waits=True):
        """Delete a pack with its rules; it is found until its status was described."""
        self.backend(account)
        pack = self.find(account, region, name)
        self._must_be_settled(account, region, name)
        self._begin(pack, "DELETE")
        self._do(pack, lambda: self._remove(pack, list(pack.members)), waits)
        return pack

    def forget(self, pack):
        """Remove a pack."""
        self._packs.pop((pack.owner, pack.region, pack.name), None)

    def described(self, pack):
        """Note that a pack's status was described: what was in progress has ended."""
        if pack.is_changing:
            return
        pack.in_progress = False
        if pack.state.status.startswith("DELETE_"):
            self.forget(pack)

    def settle(self, backend):
        """Deploy to accounts that joined, and leave accounts that left.

        An account that joined is retried while it has no recorder. Packs that
        are changed or deleted are left alone.
        """
        changed = []
        for pack in [one for one in self._packs.values() if members.of(one.owner) is backend]:
            if pack.is_changing or pack.state.status.startswith("DELETE_"):
                continue
            wanted = pack.wanted(backend)
            for account in pack.joined & set(pack.members):
                state = pack.members[account]
                if (state.status, state.code) == ("CREATE_FAILED", NO_RECORDER):
                    del pack.members[account]
            added = [account for account in wanted if account not in pack.members]
            gone = [account for account in pack.members if account not in wanted]
            if added or gone:
                pack.joined.update(added)
                self._remove(pack, gone)
                pack.state = State("UPDATE_SUCCESSFUL")
                self._deploy(pack, added)
                changed += [f"{pack.name} {account} {pack.region}" for account in [*added, *gone]]
        return changed


def _check(properties, backend):
    """Reject what AWS Config rejects before it reads the template."""
    if backend.org.feature_set != "ALL":
        message = "Enable all features of the organization to create this resource."
        raise AwsError("OrganizationAllFeaturesNotEnabledException", message)
    name = properties.get("OrganizationConformancePackName") or ""
    excluded = properties.get("ExcludedAccounts") or []
    if not _NAME.fullmatch(name):
        constraint = f"Member must satisfy regular expression pattern: {_NAME.pattern}"
        raise invalid("organizationConformancePackName", constraint)
    if len(excluded) > MAX_EXCLUDED:
        constraint = f"Member must have length less than or equal to {MAX_EXCLUDED}"
        raise invalid("excludedAccounts", constraint)
    if not all(re.fullmatch(r"\d{12}", one) for one in excluded):
        constraint = r"Member must satisfy regular expression pattern: \d{12}"
        raise invalid("excludedAccounts", constraint)


def invalid(name, constraint):
    """The error for a parameter that breaks a constraint."""
    message = (
        f"1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}"
    )
    return AwsError("ValidationException", message)
