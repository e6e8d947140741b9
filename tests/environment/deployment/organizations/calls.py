"""AWS Organizations for member accounts; moto supports only the management account."""

from deployment.organizations import members
from strictaws.wire import AwsError

_MAX_PAGE = 20
#: Operations that accounts without an organization, and members without delegation, may call.
_WITHOUT_ORGANIZATION = (
    "CreateOrganization",
    "AcceptHandshake",
    "DeclineHandshake",
    "DescribeHandshake",
    "ListHandshakesForAccount",
)
_OF_MEMBERS = (
    *_WITHOUT_ORGANIZATION,
    "DescribeOrganization",
    "DescribeEffectivePolicy",
    "LeaveOrganization",
)


class Organizations:
    """Handlers; one instance serves all accounts.

    ``followers`` deploy to organizations: ``settle(backend)`` applies the accounts
    that joined and left, and returns the changes. Work in progress is completed
    first.
    """

    def __init__(self, followers, background):
        self._followers, self._background = followers, background

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
        """Do what AWS does automatically after accounts joined, moved or left."""
        backend = members.of(given["account"])
        if backend is None or backend.account_id != given["account"]:
            message = f"{given['account']} is not the management account of an organization"
            raise ValueError(message)
        self._background.finish(given["account"])
        return {
            "changed": [
                change for follower in self._followers for change in follower.settle(backend)
            ]
        }

    @staticmethod
    def create(call, _):
        """Reject accounts that are already in an organization."""
        if members.of(call.account) is not None:
            raise AwsError(
                "AlreadyInOrganizationException",
                "The provided account is already a member of an organization.",
            )

    @staticmethod
    def allowed(call, _):
        """Check whether the caller may call an operation.

        Delegated administrators have the read operations of the management
        account. Other members have a few operations, other accounts none.
        """
        if call.operation in _WITHOUT_ORGANIZATION:
            return
        backend = members.of(call.account)
        if backend is None:
            raise AwsError(
                "AWSOrganizationsNotInUseException",
                "Your account is not a member of an organization.",
            )
        if int(call.parameter("MaxResults") or 1) not in range(1, _MAX_PAGE + 1):
            raise AwsError("InvalidInputException", f"MaxResults is from 1 to {_MAX_PAGE}.")
        if call.account == backend.account_id or call.operation in _OF_MEMBERS:
            return
        reads = call.operation.startswith(("List", "Describe"))
        if not (reads and members.is_delegated(call.account)):
            raise AwsError(
                "AccessDeniedException", "You don't have permissions to access this resource."
            )
        call.environ["HTTP_X_MOTO_ACCOUNT_ID"] = backend.account_id

    def register(self, call, _):
        """Register only active members, and only for services with trusted access."""
        self.allowed(call, _)
        backend = members.of(call.account)
        member = members.accounts(backend).get(call.parameter("AccountId"))
        if member is not None and member.status != "ACTIVE":
            raise _violation(
                "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
                "You cannot register a suspended account.",
            )
        if not members.trusts(backend, call.parameter("ServicePrincipal")):
            raise _violation(
                "SERVICE_ACCESS_NOT_ENABLED",
                "Enable the access of the service before you register an administrator of it.",
            )


def _violation(reason, message):
    return AwsError("ConstraintViolationException", message, members={"Reason": reason})
