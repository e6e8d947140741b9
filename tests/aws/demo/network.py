"""Section 5: security groups."""

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    groups(demo)


def groups(demo):
    """Open and closed groups in both Regions."""
    home = Groups(demo.client("ec2", HOME))
    home.add("web-alb", "tcp", 80, 80, ["0.0.0.0/0"])
    home.allow("web-alb", "tcp", 443, 443, ["0.0.0.0/0"], ["::/0"])
    home.add("bastion", "tcp", 22, 22, ["0.0.0.0/0"])
    home.add("windows-jump", "tcp", 3000, 4000, ["0.0.0.0/0"])
    home.add("bastion-halves", "tcp", 22, 22, ["0.0.0.0/1", "128.0.0.0/1"])
    home.add("office-ssh", "tcp", 22, 22, ["198.51.100.0/24", "203.0.113.17/32"])
    home.add("db-internal", "tcp", 5432, 5432, ["10.0.0.0/8"])
    home.add("lab-everything", "-1", None, None, ["0.0.0.0/0"])
    open_list = home.prefix_list("partner-networks", ["192.0.2.0/24", "0.0.0.0/0"])
    home.add("partner-access", "tcp", 22, 22, lists=[open_list])
    closed_list = home.prefix_list("office-networks", ["198.51.100.0/24", "203.0.113.0/24"])
    home.add("office-rdp", "tcp", 3389, 3389, lists=[closed_list])
    second = Groups(demo.client("ec2", SECOND))
    second.add("rdp-farm", "tcp", 3389, 3389, ["0.0.0.0/0"], ["::/0"])
    second.add("app-tier", "tcp", 8080, 8080, ["10.20.0.0/16"])


class Groups:
    """Security groups of one Region's default VPC."""

    def __init__(self, ec2):
        self.ec2, self.ids = ec2, {}
        self.vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]

    def add(self, name, *rule, **more):
        """A group with one rule."""
        made = self.ec2.create_security_group(GroupName=name, Description=f"demo: {name}", VpcId=self.vpc)
        self.ids[name] = made["GroupId"]
        self.allow(name, *rule, **more)

    def allow(self, name, protocol, low, high, ipv4=(), ipv6=(), lists=()):
        """One more rule."""
        rule = {"IpProtocol": protocol}
        if low is not None:
            rule.update(FromPort=low, ToPort=high)
        if ipv4:
            rule["IpRanges"] = [{"CidrIp": block} for block in ipv4]
        if ipv6:
            rule["Ipv6Ranges"] = [{"CidrIpv6": block} for block in ipv6]
        if lists:
            rule["PrefixListIds"] = [{"PrefixListId": identity} for identity in lists]
        self.ec2.authorize_security_group_ingress(GroupId=self.ids[name], IpPermissions=[rule])

    def prefix_list(self, name, blocks):
        """A customer-managed prefix list."""
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name,
            MaxEntries=10,
            AddressFamily="IPv4",
            Entries=[{"Cidr": block} for block in blocks],
        )
        return made["PrefixList"]["PrefixListId"]
