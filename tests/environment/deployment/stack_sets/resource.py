"""``AWS::CloudFormation::StackSet``."""

import copy

from deployment.errors import stack_error
from deployment.resource_types.added import Added


class StackSetResource(Added):
    """A stack set of a stack. ``sets`` are the stack sets of all accounts."""

    sets = None
    TYPE, NAME = "AWS::CloudFormation::StackSet", "StackSetName"

    @property
    def physical_resource_id(self):
        """The value of ``Ref``: the id."""
        return self.stack_set.id

    @classmethod
    def has_cfn_attr(cls, attr):
        """Whether ``Fn::GetAtt`` knows the attribute."""
        return attr == "StackSetId"

    def get_cfn_attribute(self, attribute_name):
        """``StackSetId``, the only attribute."""
        if attribute_name != "StackSetId":
            raise stack_error(f"StackSet has no attribute {attribute_name}")
        return self.stack_set.id

    def put(self, properties, account, region):
        """Create the stack set and its instances."""
        self.stack_set = self.sets.create(self.name, copy.deepcopy(properties), account, region)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Update the stack set and its instances."""
        properties = copy.deepcopy(cloudformation_json["Properties"])
        cls.sets.update(original_resource.stack_set, properties, account_id, region_name)
        return original_resource

    def remove(self, account, region):
        """Delete the stack set and its instances."""
        self.sets.delete(self.stack_set)
