"""Organizations and their members, as moto stores them."""

from moto.organizations.models import organizations_backends

#: The principals of the services that deploy to an organization's accounts.
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
MULTI_ACCOUNT = "config-multiaccountsetup.amazonaws.com"
AGGREGATORS = "config.amazonaws.com"
ACCOUNTS = "account.amazonaws.com"


def of(account):
    """The organization of an account: moto's backend of its management account, or None."""
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
    return any(
        admin.account.id == account and (principal is None or principal in admin.services)
        for admin in admins
    )


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
    """The ids of all accounts below a root or an organizational unit, management included."""
    units = [unit.id for unit in backend.ou if unit.parent_id == target]
    here = [account.id for account in backend.accounts if account.parent_id == target]
    return here + [account for unit in units for account in below(backend, unit)]
