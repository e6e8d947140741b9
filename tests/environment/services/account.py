"""Account Management where moto differs from AWS: contacts, names, Regions of members."""

from moto.ec2.models import ec2_backends
from moto.utilities.utils import get_partition

from deployment.organizations import members
from strictaws import paging, wire

_MAX_PAGE = 50

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


class AccountContacts:
    """Handlers and state; one instance serves all accounts. ``regions`` are the enabled ones."""

    def __init__(self, regions):
        self._contacts, self._names, self._regions = {}, {}, regions

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("account", "GetContactInformation"): self.get_contact,
            ("account", "PutContactInformation"): self.put_contact,
            ("account", "GetAlternateContact"): self.alternate_contact,
            ("account", "ListRegions"): self.list_regions,
            ("account", "GetAccountInformation"): self.get_information,
            ("account", "PutAccountName"): self.put_name,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "account/contact"): self.set_contact}

    def set_contact(self, given):
        """Replace the contact, complete or not; null restores the default."""
        if given["contact"] is None:
            self._contacts.pop(given["account"], None)
        else:
            self._contacts[given["account"]] = given["contact"]
        return {"ok": True}

    def get_contact(self, call, _):
        """The primary contact."""
        account = call.parameter("AccountId") or call.account
        return wire.json_result(call, {"ContactInformation": self._contacts.get(account, _CONTACT)})

    def put_contact(self, call, _):
        """Replace the primary contact."""
        self._contacts[call.parameter("AccountId") or call.account] = (
            call.parameter("ContactInformation") or {}
        )
        return wire.json_result(call, {})

    def list_regions(self, call, _):
        """The Regions of an account, in pages: the caller's own, or a member's."""
        account = self._asked(call)
        wanted = call.parameter("RegionOptStatusContains") or []
        shown = []
        for region in ec2_backends[account]["us-east-1"].regions:
            if get_partition(region.name) != call.partition:
                continue
            status = "ENABLED"
            if region.opt_in_status == "opt-in-not-required":
                status = "ENABLED_BY_DEFAULT"
            if not self._regions.has(account, region.name):
                status = "DISABLED"
            if not wanted or status in wanted:
                shown.append({"RegionName": region.name, "RegionOptStatus": status})
        size = call.parameter("MaxResults") or _MAX_PAGE
        if not 1 <= size <= _MAX_PAGE:
            raise wire.AwsError("ValidationException", f"MaxResults is from 1 to {_MAX_PAGE}")
        token, listing = call.parameter("NextToken"), f"regions/{account}/{wanted}"
        try:
            part, following = paging.page(shown, listing, token, size)
        except paging.InvalidToken as problem:
            raise wire.AwsError("ValidationException", "The token is invalid") from problem
        more = {"NextToken": following} if following else {}
        return wire.json_result(call, {"Regions": part, **more})

    @staticmethod
    def _asked(call):
        """The account that a call is about: its own, or a member of the organization."""
        account = call.parameter("AccountId") or call.account
        if account == call.account:
            return account
        backend = members.of(call.account)
        is_management = members.is_management(call.account)
        may = is_management or members.is_delegated(call.account, members.ACCOUNTS)
        if not may or not members.trusts(backend, members.ACCOUNTS):
            message = (
                f"User: arn:{call.partition}:iam::{call.account}:user/plumbline-test is not "
                "authorized to perform: account:ListRegions"
            )
            raise wire.AwsError("AccessDeniedException", message, 403)
        if account not in members.accounts(backend):
            raise wire.AwsError("ResourceNotFoundException", f"no member {account}", 404)
        return account

    def get_information(self, call, _):
        """The account's name; every account has one."""
        account = call.parameter("AccountId") or call.account
        return wire.json_result(
            call,
            {
                "AccountId": account,
                "AccountName": self._names.get(account, "Test"),
                "AccountCreatedDate": "2020-01-01T00:00:00Z",
            },
        )

    def put_name(self, call, _):
        """Rename the account."""
        self._names[call.parameter("AccountId") or call.account] = call.parameter("AccountName")
        return wire.json_result(call, {})

    @staticmethod
    def alternate_contact(_, forward):
        """Answer as moto, with the status of AWS when there is no contact."""
        response = forward()
        if response.status == 400 and b"ResourceNotFoundException" in response.body:
            response.status = 404
        return response
