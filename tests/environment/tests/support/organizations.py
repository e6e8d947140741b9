"""An organization for tests."""


class Organization:
    """A management account, one organizational unit, and members."""

    def __init__(self, new_account, names=("one", "two")):
        self.new_account = new_account
        self.management = new_account()
        self.client = self.management.client("organizations")
        self.id = self.client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        self.root = self.client.list_roots()["Roots"][0]["Id"]
        made = self.client.create_organizational_unit(ParentId=self.root, Name="workloads")
        self.unit = made["OrganizationalUnit"]["Id"]
        self.members = [self.add(name) for name in names]

    def add(self, name, is_in_unit=True):
        """A new member."""
        made = self.client.create_account(AccountName=name, Email=f"{name}@example.com")
        identity = made["CreateAccountStatus"]["AccountId"]
        if is_in_unit:
            self.move(identity, self.root, self.unit)
        return self.new_account(identity)

    def move(self, account, source, target):
        """Move an account."""
        self.client.move_account(
            AccountId=account, SourceParentId=source, DestinationParentId=target
        )

    def settle(self):
        """What AWS does by itself after accounts joined or left."""
        return self.management.control("organization/settle")["changed"]

    def delegate(self, account, principal):
        """Register a delegated administrator."""
        self.client.enable_aws_service_access(ServicePrincipal=principal)
        self.client.register_delegated_administrator(
            AccountId=account.id, ServicePrincipal=principal
        )
