"""Requests that services of AWS make for an account: what conditions see of them."""

from access.policies import Request
from deployment.organizations import members

#: Accounts of rules for which AWS Config does not send its organization.
WITHOUT_ORGANIZATION = set()


def of_service(principal, action, resource, account):
    """A service's request for a resource of an account, which may be in an organization.

    AWS documents ``aws:SourceAccount`` for AWS Config. That it sends
    ``aws:SourceOrgID`` too is assumed.
    """
    context, backend = {"aws:SourceAccount": account}, members.of(account)
    if backend is not None and account not in WITHOUT_ORGANIZATION:
        context["aws:SourceOrgID"] = backend.org.id
    return Request(action, resource, (("Service", principal),), context)
