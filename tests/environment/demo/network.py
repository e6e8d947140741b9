"""Section 5: network ACLs, security groups and routes."""

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    groups(demo)
    access_lists(demo)
    peers(demo)


# Controls: 5.2, 5.3.
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


# Controls: 5.1.
def access_lists(demo):
    """A network ACL that is open to the internet, one that is not, and the default ones."""
    ec2 = demo.client("ec2", HOME)
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    for low, high, block in ((22, 22, "198.51.100.0/24"), (1024, 65535, "0.0.0.0/0")):
        acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        ec2.create_network_acl_entry(
            NetworkAclId=acl,
            RuleNumber=100,
            Protocol="6",
            RuleAction="allow",
            Egress=False,
            CidrBlock=block,
            PortRange={"From": low, "To": high},
        )


# Controls: 5.4, 5.5.
def peers(demo):
    """Two peered VPCs, one with a route to the whole peer; one default group has no rules."""
    ec2 = demo.client("ec2", HOME)
    own, other = (
        ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
        for block in ("10.40.0.0/16", "10.41.0.0/16")
    )
    peering = ec2.create_vpc_peering_connection(VpcId=own, PeerVpcId=other)["VpcPeeringConnection"]
    peering = peering["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    needed = Groups(ec2).prefix_list("peer-services", ["10.41.4.0/24", "10.41.5.0/24"])
    for vpc, destination in (
        (own, {"DestinationPrefixListId": needed}),
        (own, {"DestinationCidrBlock": "10.0.0.0/8"}),
        (other, {"DestinationCidrBlock": "10.40.7.0/24"}),
    ):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, VpcPeeringConnectionId=peering, **destination)
    named = [{"Name": "vpc-id", "Values": [own]}, {"Name": "group-name", "Values": ["default"]}]
    group = ec2.describe_security_groups(Filters=named)["SecurityGroups"][0]
    for revoke, rules in (
        (ec2.revoke_security_group_ingress, group["IpPermissions"]),
        (ec2.revoke_security_group_egress, group["IpPermissionsEgress"]),
    ):
        if rules:
            revoke(GroupId=group["GroupId"], IpPermissions=rules)


class Groups:
    """Security groups of one Region's default VPC."""

    def __init__(self, ec2):
        self.ec2, self.ids = ec2, {}
        self.vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][
            0
        ]["VpcId"]

    def add(self, name, *rule, **more):
        """A group with one rule."""
        made = self.ec2.create_security_group(
            GroupName=name, Description=f"demo: {name}", VpcId=self.vpc
        )
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
        """A customer managed prefix list."""
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name,
            MaxEntries=10,
            AddressFamily="IPv4",
            Entries=[{"Cidr": block} for block in blocks],
        )
        return made["PrefixList"]["PrefixListId"]
