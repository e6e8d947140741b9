"""Resource types that are recorded and have no effect."""

from moto.utilities.utils import get_partition

from deployment.errors import stack_error
from deployment.resource_types.added import Added


class BuildProject(Added):
    """``AWS::CodeBuild::Project``: it exists, and builds nothing."""

    TYPE, NAME = "AWS::CodeBuild::Project", "Name"

    @classmethod
    def has_cfn_attr(cls, attr):
        """Whether ``Fn::GetAtt`` knows the attribute."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name):
        """The ARN, the only attribute."""
        if attribute_name != "Arn":
            raise stack_error(f"Project has no attribute {attribute_name}")
        return self.arn

    def put(self, properties, account, region):
        """Note the project."""
        partition = get_partition(region)
        self.arn = f"arn:{partition}:codebuild:{region}:{account}:project/{self.name}"
