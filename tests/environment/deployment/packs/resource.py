"""``AWS::Config::OrganizationConformancePack``."""

from deployment.resource_types.added import Added
from strictaws.wire import AwsError


class OrganizationConformancePack(Added):
    """An organization's pack of a stack; a failure in one account fails and reverts it.

    ``packs`` are the packs of all organizations.
    """

    packs = None
    TYPE = "AWS::Config::OrganizationConformancePack"
    NAME = "OrganizationConformancePackName"

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Update the pack, or restore its previous state."""
        pack = cls.packs.find(account_id, region_name, original_resource.name)
        before = pack.properties
        try:
            original_resource.bring(cloudformation_json["Properties"], account_id, region_name)
        except AwsError:
            pack.in_progress = False
            cls.packs.put(account_id, region_name, before).in_progress = False
            raise
        return original_resource

    def put(self, properties, account, region):
        """Create the pack, or nothing."""
        if self.packs.has(account, region, self.name):
            message = (
                f"Resource of type '{self.TYPE}' with identifier '{self.name}' already exists."
            )
            raise AwsError("AlreadyExists", message)
        try:
            self.bring(properties, account, region)
        except AwsError:
            self.remove(account, region)
            raise

    def bring(self, properties, account, region):
        """Create or update the pack, and wait for all accounts."""
        given = {**properties, "OrganizationConformancePackName": self.name}
        pack = self.packs.put(account, region, given)
        pack.in_progress = False
        if pack.state.is_failed:
            raise AwsError(
                "NotStabilized",
                f"Failed to Create/Update OrganizationConformancePack {self.name}. "
                f"Summary: [{pack.summary()}]",
            )

    def remove(self, account, region):
        """Delete the pack; a missing pack is not an error."""
        try:
            self.packs.forget(self.packs.delete(account, region, self.name))
        except AwsError as problem:
            if problem.code != "NoSuchOrganizationConformancePackException":
                raise
