"""``AWS::Lambda::ResourcePolicy``."""

import json

from deployment.resource_types.added import Added
from services import lambda_policies
from strictaws.wire import AwsError


class FunctionPolicy(Added):
    """The policy of a function, which replaces the existing one."""

    TYPE, NAME = "AWS::Lambda::ResourcePolicy", "ResourceArn"

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Replace the policy; a rejected one changes nothing."""
        made = cls(new_resource_name)
        made.put(cloudformation_json["Properties"], account_id, region_name)
        return made

    def put(self, properties, account, region):
        """Put the policy."""
        function = lambda_policies.find(self.name, account)
        lambda_policies.put(function, json.dumps(properties["PolicyDocument"]))

    def remove(self, account, region):
        """Delete the policy of a function that still exists."""
        try:
            lambda_policies.delete(lambda_policies.find(self.name, account))
        except AwsError as problem:
            if problem.code != "ResourceNotFoundException":
                raise
