"""Organizations as its members see them, and who acts for one.

moto shows an organization to its management account only, and registers
delegated administrators of few services.
"""

import json

from moto.organizations import utils
from moto.organizations.models import FakeDelegatedAdministrator, organizations_backends
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

import wire

#: The principals of the services that deploy to an organization's accounts.
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
MULTI_ACCOUNT = "config-multiaccountsetup.amazonaws.com"
AGGREGATORS = "config.amazonaws.com"
_PAGE = 2
_MAX_PAGE = 20
#: What an account may ask without being in an organization, and what a member may without being an administrator.
_WITHOUT_ORGANIZATION = ("CreateOrganization", "AcceptHandshake", "DeclineHandshake", "DescribeHandshake", "ListHandshakesForAccount")
_OF_MEMBERS = (*_WITHOUT_ORGANIZATION, "DescribeOrganization", "DescribeEffectivePolicy", "LeaveOrganization")

FakeDelegatedAdministrator.SUPPORTED_SERVICES.extend(
    principal for principal in (STACK_SETS, AGGREGATORS) if principal not in FakeDelegatedAdministrator.SUPPORTED_SERVICES
)
for _listing, _identity in (("list_accounts", "Id"), ("list_accounts_for_parent", "id"), ("list_organizational_units_for_parent", "id")):
    utils.PAGINATION_MODEL[_listing].update(limit_default=_PAGE, unique_attribute=_identity)


def of(account):
    """The organization of an account, as moto's backend of its management account; None when there is none."""
    owner, partition = organizations_backends.master_accounts.get(account, (account, "aws"))
    backend = organizations_backends[owner][partition]
    return backend if backend.org is not None else None


def is_management(account):
    """Whether an account is the management account of an organization."""
    backend = of(account)
    return backend is not None and backend.account_id == account


def is_delegated(account, principal=None):
    """Whether an account is a delegated administrator of a service, or of any."""
    backend = of(account)
    admins = [] if backend is None else backend.admins
    return any(admin.account.id == account and (principal is None or principal in admin.services) for admin in admins)


def trusts(backend, principal):
    """Whether an organization gives a service access to its accounts."""
    return any(service["ServicePrincipal"] == principal for service in backend.services)


def trust(backend, principal):
    """Give a service access to an organization's accounts."""
    backend.enable_aws_service_access(ServicePrincipal=principal)


def accounts(backend):
    """The accounts of an organization by id."""
    return {account.id: account for account in backend.accounts}


def is_active(backend, account):
    """Whether an account is in an organization and not suspended."""
    found = accounts(backend).get(account)
    return found is not None and found.status == "ACTIVE"


def below(backend, target):
    """The ids of all accounts below a root or an organizational unit, the management account among them."""
    units = [unit.id for unit in backend.ou if unit.parent_id == target]
    here = [account.id for account in backend.accounts if account.parent_id == target]
    return here + [account for unit in units for account in below(backend, unit)]


def may_read(account, bucket_name, region):
    """Whether an account may read a bucket's objects: one of its own, or one whose policy lets its organization in."""
    _, owner = s3_backends.bucket_accounts.get(bucket_name, (None, account))
    if owner == account:
        return True
    bucket, backend = s3_backends[owner][get_partition(region)].get_bucket(bucket_name), of(account)
    if bucket.policy is None or backend is None:
        return False
    return any(
        statement["Effect"] == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and "s3:GetObject" in statement["Action"]
        and statement.get("Condition") == {"StringEquals": {"aws:PrincipalOrgID": backend.org.id}}
        for statement in json.loads(bucket.policy)["Statement"]
    )


class Organizations:
    """Handlers; one instance serves all accounts. ``followers`` deploy to organizations and follow who joins and leaves."""

    def __init__(self, followers):
        self._followers = followers

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("organizations", "*"): self.allowed,
            ("organizations", "CreateOrganization"): self.create,
            ("organizations", "RegisterDelegatedAdministrator"): self.register,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "organization/settle"): self.settle}

    def settle(self, given):
        """Do what AWS does by itself after accounts came, moved or went."""
        backend = of(given["account"])
        if backend is None or backend.account_id != given["account"]:
            raise ValueError(f"{given['account']} is not the management account of an organization")
        return {"changed": [change for follower in self._followers for change in follower.settle(backend)]}

    @staticmethod
    def create(call, _):
        """A member has an organization already."""
        if of(call.account) is not None:
            raise wire.AwsError("AlreadyInOrganizationException", "The provided account is already a member of an organization.")

    @staticmethod
    def allowed(call, _):
        """Delegated administrators read what the management account does; members see little, and others nothing."""
        if call.operation in _WITHOUT_ORGANIZATION:
            return
        backend = of(call.account)
        if backend is None:
            raise wire.AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        if int(call.parameter("MaxResults") or 1) not in range(1, _MAX_PAGE + 1):
            raise wire.AwsError("InvalidInputException", f"MaxResults is from 1 to {_MAX_PAGE}.")
        if call.account == backend.account_id or call.operation in _OF_MEMBERS:
            return
        reads = call.operation.startswith(("List", "Describe"))
        if not (reads and is_delegated(call.account)):
            raise wire.AwsError("AccessDeniedException", "You don't have permissions to access this resource.")
        call.environ["HTTP_X_MOTO_ACCOUNT_ID"] = backend.account_id

    def register(self, call, _):
        """Only active members, for services that have access."""
        self.allowed(call, _)
        backend = of(call.account)
        member = accounts(backend).get(call.parameter("AccountId"))
        if member is not None and member.status != "ACTIVE":
            raise _violation("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", "You cannot register a suspended account.")
        if not trusts(backend, call.parameter("ServicePrincipal")):
            raise _violation("SERVICE_ACCESS_NOT_ENABLED", "Enable the access of the service before you register an administrator of it.")


def _violation(reason, message):
    return wire.AwsError("ConstraintViolationException", message, members={"Reason": reason})
