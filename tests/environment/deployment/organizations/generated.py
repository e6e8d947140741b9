"""Organizations created in one call: with AWS operations, hundreds of accounts take minutes."""

from moto.config.models import config_backends
from moto.organizations.models import organizations_backends
from moto.utilities.utils import get_partition

from deployment.organizations import members

_MOST = 5000


class GeneratedOrganizations:
    """The control function. ``stack_sets`` and ``security_hub`` are those of all accounts."""

    def __init__(self, stack_sets, security_hub):
        self._stack_sets, self._security_hub = stack_sets, security_hub

    def handlers(self):
        """Handlers by (service, operation): none."""
        return {}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "organization/generate"): self.generate}

    def generate(self, given):
        """An organization whose members have recorders and Security Hub in the given Regions.

        The members are in one organizational unit, and the first of them is the
        delegated administrator of all services that deploy. One more account
        is outside of the unit.
        """
        management, regions, number = given["management"], given["regions"], int(given["accounts"])
        if not 1 <= number <= _MOST or not regions:
            raise ValueError(f"accounts is from 1 to {_MOST}, and regions names one at least")
        if members.of(management) is not None:
            raise ValueError(f"{management} is in an organization already")
        backend = organizations_backends[management][get_partition(regions[0])]
        backend.create_organization(region=regions[0], FeatureSet="ALL")
        root = backend.list_roots()["Roots"][0]["Id"]
        made = backend.create_organizational_unit(ParentId=root, Name="workloads")
        unit = made["OrganizationalUnit"]["Id"]
        inside = [self._join(backend, f"member-{one:04}", unit) for one in range(number)]
        spare = self._join(backend, "spare", root)
        for account in (management, *inside, spare):
            for region in regions:
                self._equip(account, region)
        self._trust(backend, inside[0])
        return {
            "management": management,
            "organization": backend.org.id,
            "root": root,
            "unit": unit,
            "audit": inside[0],
            "members": inside,
            "spare": spare,
        }

    @staticmethod
    def _join(backend, name, parent):
        made = backend.create_account(AccountName=name, Email=f"{name}@example.com")
        account = backend.accounts[-1]
        account.parent_id = parent
        return made["CreateAccountStatus"]["AccountId"]

    def _equip(self, account, region):
        """The resources of an account in a Region before a deployment."""
        backend = config_backends[account][region]
        role = f"arn:{get_partition(region)}:iam::{account}:role/config"
        backend.put_configuration_recorder({"name": "default", "roleARN": role})
        channel = {"name": "default", "s3BucketName": f"config-{account}"}
        backend.put_delivery_channel(channel)
        backend.start_configuration_recorder("default")
        self._security_hub.switch_on(account, region)

    def _trust(self, backend, audit):
        """Trusted access, and a delegated administrator of each service."""
        self._stack_sets.activated.add(backend.account_id)
        for principal in (members.STACK_SETS, members.MULTI_ACCOUNT, members.AGGREGATORS):
            members.trust(backend, principal)
            backend.register_delegated_administrator(AccountId=audit, ServicePrincipal=principal)
