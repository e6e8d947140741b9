"""The base of resource types that moto's CloudFormation lacks."""


class Added:
    """A resource with a name.

    Subclasses set ``TYPE`` and ``NAME`` (the property with the name) and
    implement ``put`` and ``remove``. What ``put`` raises fails the stack.
    """

    TYPE = None
    NAME = None

    def __init__(self, name):
        self.name = name

    @classmethod
    def bound(cls, **members):
        """The same type with class members set: the state that its resources work on."""
        return type(cls.__name__, (cls,), members)

    @property
    def physical_resource_id(self):
        """The value of ``Ref``."""
        return self.name

    def is_created(self):
        """Whether the resource is ready: always."""
        return True

    @classmethod
    def has_cfn_attr(cls, attr):
        """Whether ``Fn::GetAtt`` supports the attribute: none."""
        return False

    @classmethod
    def cloudformation_type(cls):
        """The type."""
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls):
        """The property with the name."""
        return cls.NAME

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
    ):
        """Create the resource."""
        made = cls(resource_name)
        made.put(cloudformation_json["Properties"], account_id, region_name)
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Replace the resource under the same name."""
        original_resource.remove(account_id, region_name)
        return cls.create_from_cloudformation_json(
            new_resource_name, cloudformation_json, account_id, region_name
        )

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name, cloudformation_json, account_id, region_name
    ):
        """Delete the resource."""
        cls(resource_name).remove(account_id, region_name)

    def delete(self, account_id, region):
        """Delete the resource."""
        self.remove(account_id, region)

    def put(self, properties, account, region):
        """Create it from its properties."""
        raise NotImplementedError

    def remove(self, account, region):
        """Delete it; types without data do nothing."""
