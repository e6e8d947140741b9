//! Facts from Amazon EC2 and Amazon VPC.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// The Regions that are enabled in the account, source `DescribeRegions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnabledRegions(pub Vec<String>);

/// A Region's security groups, source `DescribeSecurityGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroups(pub Vec<SecurityGroup>);

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Its name. The default security group of a VPC is named `default`.
    pub name: String,
    /// The account that owns it. A participant of a shared VPC also sees the owner's groups.
    pub owner: String,
    /// Its Region.
    pub region: String,
    /// Its VPC; absent for groups of EC2-Classic.
    pub vpc: Option<String>,
    /// The inbound rules.
    pub ingress: Vec<SecurityGroupRule>,
    /// The outbound rules.
    pub egress: Vec<SecurityGroupRule>,
}

/// One rule of a security group: a protocol, a range of ports, and the sources or destinations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
    pub protocol: String,
    /// The first port; absent if the protocol has no ports, or for all ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i32>,
    /// The last port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i32>,
    /// IPv4 CIDR blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv4: Vec<Ipv4Net>,
    /// IPv6 CIDR blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Net>,
    /// Prefix lists, `pl-…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefix_lists: Vec<String>,
    /// Other security groups, `sg-…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// The CIDR blocks of a prefix list, source `GetManagedPrefixListEntries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixListEntries {
    /// IPv4 CIDR blocks.
    #[serde(default)]
    pub ipv4: Vec<Ipv4Net>,
    /// IPv6 CIDR blocks.
    #[serde(default)]
    pub ipv6: Vec<Ipv6Net>,
}

/// A Region's instances, source `DescribeInstances`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instances(pub Vec<Instance>);

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// `running`, `stopped`, `terminated`, …
    pub state: String,
    /// The ARN of its instance profile.
    pub profile: Option<String>,
}

/// A Region's VPCs, source `DescribeVpcs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpcs(pub Vec<Vpc>);

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// The account that owns it. A participant also sees a shared VPC.
    pub owner: String,
}

/// A Region's flow logs, source `DescribeFlowLogs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLogs(pub Vec<FlowLog>);

/// A flow log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// `fl-…`.
    pub id: String,
    /// The VPC, subnet, network interface or gateway that it monitors.
    pub resource: String,
    /// Whether its status is `ACTIVE`.
    pub active: bool,
    /// `SUCCESS` or `FAILED`; absent before the first delivery.
    pub delivery: Option<String>,
    /// `ACCEPT`, `REJECT` or `ALL`; absent for transit gateways.
    pub traffic: Option<String>,
}

/// Whether EBS encryption by default is enabled in a Region, source `GetEbsEncryptionByDefault`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EbsDefaultEncryption {
    /// Whether it is enabled.
    pub enabled: bool,
}

/// A Region's network ACLs, source `DescribeNetworkAcls`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcls(pub Vec<NetworkAcl>);

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// The account that owns it. A participant of a shared VPC also sees the owner's network ACLs.
    pub owner: String,
    /// Its VPC.
    pub vpc: String,
    /// The inbound rules, by number.
    pub ingress: Vec<NetworkAclEntry>,
}

/// A rule of a network ACL. The rule with the lowest number that matches a packet applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAclEntry {
    /// Its number.
    pub number: i32,
    /// Whether it allows the packets.
    pub allow: bool,
    /// A protocol number, or `-1` for all.
    pub protocol: String,
    /// The first and the last port; absent if the protocol has no ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(i32, i32)>,
    /// The source CIDR block.
    pub source: IpNet,
}

/// A Region's route tables, source `DescribeRouteTables`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTables(pub Vec<RouteTable>);

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// The account that owns it. A participant of a shared VPC also sees the owner's route tables.
    pub owner: String,
    /// Its Region.
    pub region: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the main route table, which applies to the subnets without their own route
    /// table.
    pub main: bool,
    /// The subnets associated with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The destination.
    pub to: Destination,
    /// The target gateway: `igw-…`, `vpce-…`, `vgw-…`, `nat-…`, `local`. Absent for a network
    /// interface or a transit gateway, and for NAT gateways in snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// The target VPC peering connection, `pcx-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peering: Option<String>,
    /// Whether the route is active. Packets of an inactive route are dropped.
    pub active: bool,
}

/// The destination of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A CIDR block.
    Block(IpNet),
    /// A prefix list, `pl-…`.
    PrefixList(String),
}

impl std::fmt::Display for Destination {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Block(block) => block.fmt(out),
            Self::PrefixList(id) => id.fmt(out),
        }
    }
}

/// A Region's VPC peering connections, source `DescribeVpcPeeringConnections`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnections(pub Vec<PeeringConnection>);

/// A VPC peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnection {
    /// `pcx-…`.
    pub id: String,
    /// The requester VPC.
    pub requester: PeerVpc,
    /// The accepter VPC.
    pub accepter: PeerVpc,
}

/// One side of a VPC peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerVpc {
    /// The VPC.
    pub vpc: String,
    /// The account that owns it.
    pub owner: String,
    /// Its CIDR blocks; none before the connection is accepted.
    pub blocks: Vec<IpNet>,
}

impl PeeringConnection {
    /// The side other than the given VPC.
    pub fn peer_of(&self, vpc: &str) -> Option<&PeerVpc> {
        match (self.requester.vpc == vpc, self.accepter.vpc == vpc) {
            (true, false) => Some(&self.accepter),
            (false, true) => Some(&self.requester),
            _ => None,
        }
    }
}
