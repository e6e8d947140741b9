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
    /// Its name; the default group of a VPC is called `default`.
    pub name: String,
    /// The account that owns it: a participant of a shared VPC sees the owner's groups too.
    pub owner: String,
    /// Its Region.
    pub region: String,
    /// Its VPC; absent for groups of EC2-Classic.
    pub vpc: Option<String>,
    /// What may come in.
    pub ingress: Vec<SecurityGroupRule>,
    /// What may go out.
    pub egress: Vec<SecurityGroupRule>,
}

/// One permission of a security group: a protocol, a range of ports and the sources or destinations
/// for which it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
    pub protocol: String,
    /// The first port; absent where the protocol has none, or all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i32>,
    /// The last port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i32>,
    /// IPv4 blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv4: Vec<Ipv4Net>,
    /// IPv6 blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Net>,
    /// Prefix lists, `pl-…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefix_lists: Vec<String>,
    /// Other security groups, `sg-…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// The blocks of a prefix list, source `GetManagedPrefixListEntries`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixListEntries {
    /// IPv4 blocks.
    #[serde(default)]
    pub ipv4: Vec<Ipv4Net>,
    /// IPv6 blocks.
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
    /// The account that owns it: a participant sees a shared VPC too.
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
    /// The VPC, subnet, interface or gateway that it is on.
    pub resource: String,
    /// Whether its status is `ACTIVE`.
    pub active: bool,
    /// `SUCCESS` or `FAILED`; absent before the first delivery.
    pub delivery: Option<String>,
    /// `ACCEPT`, `REJECT` or `ALL`; a transit gateway's log has none.
    pub traffic: Option<String>,
}

/// Whether new volumes of a Region are encrypted unless told otherwise, source
/// `GetEbsEncryptionByDefault`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EbsDefaultEncryption {
    /// Whether they are.
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
    /// The account that owns it: a participant of a shared VPC sees the owner's too.
    pub owner: String,
    /// Its VPC.
    pub vpc: String,
    /// What it says about packets that come in, by number.
    pub ingress: Vec<NetworkAclEntry>,
}

/// An entry of a network ACL. The one with the lowest number that matches a packet decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAclEntry {
    /// Its number.
    pub number: i32,
    /// Whether it lets packets through.
    pub allow: bool,
    /// A protocol number, or `-1` for all.
    pub protocol: String,
    /// The first and the last port; absent where the protocol has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(i32, i32)>,
    /// The block that packets come from.
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
    /// The account that owns it: a participant of a shared VPC sees the owner's too.
    pub owner: String,
    /// Its Region.
    pub region: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it holds for the subnets of its VPC that have no table of their own.
    pub main: bool,
    /// The subnets for which it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Where it goes to.
    pub to: Destination,
    /// The gateway that it leads through: `igw-…`, `vpce-…`, `vgw-…`, `nat-…`, `local`. Absent
    /// where it leads to an interface or a transit gateway, and for NAT gateways in snapshots of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// The peering connection that it leads through, `pcx-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peering: Option<String>,
    /// Whether it works; packets of one that does not are dropped.
    pub active: bool,
}

/// Where a route goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// A block.
    Block(IpNet),
    /// The blocks of a prefix list, `pl-…`.
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

/// A Region's peering connections, source `DescribeVpcPeeringConnections`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnections(pub Vec<PeeringConnection>);

/// A peering connection between two VPCs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeeringConnection {
    /// `pcx-…`.
    pub id: String,
    /// The VPC that asked for it.
    pub requester: PeerVpc,
    /// The VPC that was asked.
    pub accepter: PeerVpc,
}

/// One side of a peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerVpc {
    /// The VPC.
    pub vpc: String,
    /// The account that owns it.
    pub owner: String,
    /// Its blocks; none while the connection is not accepted.
    pub blocks: Vec<IpNet>,
}

impl PeeringConnection {
    /// The side that is not the given VPC.
    pub fn peer_of(&self, vpc: &str) -> Option<&PeerVpc> {
        match (self.requester.vpc == vpc, self.accepter.vpc == vpc) {
            (true, false) => Some(&self.accepter),
            (false, true) => Some(&self.requester),
            _ => None,
        }
    }
}
