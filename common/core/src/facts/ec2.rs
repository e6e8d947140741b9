//! Facts from Amazon EC2 and Amazon VPC.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::engine::View;
use crate::evaluation::NotAssessed;
use crate::item::ConfigurationItem;
use crate::resource::Resource;

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

impl Resource for Instance {
    const TYPE: &'static str = "AWS::EC2::Instance";
    const NOUN: (&'static str, &'static str) = ("instance", "instances");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<Instances>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            instance_id: String,
            state: State,
            iam_instance_profile: serde_json::Value,
        }
        #[derive(Deserialize)]
        struct State {
            name: String,
        }
        let Configuration { instance_id, state, iam_instance_profile } = item.configuration()?;
        let profile = match iam_instance_profile {
            serde_json::Value::Null => None,
            profile => Some(profile.get("arn")?.as_str()?.to_owned()),
        };
        Some(Self { id: instance_id, state: state.name, profile })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:instance/{}",
            context.partition, context.region, context.account, self.id
        ))
    }
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

impl Resource for Vpc {
    const TYPE: &'static str = "AWS::EC2::VPC";
    const NOUN: (&'static str, &'static str) = ("VPC", "VPCs");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<Vpcs>()?.0.iter().collect())
    }

    fn from_item(_: &ConfigurationItem) -> Option<Self> {
        None
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.owner == view.context().account.as_str()
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:vpc/{}",
            context.partition, context.region, self.owner, self.id
        ))
    }
}

/// A rule as AWS Config spells it. `ipv4Ranges` and `ipRanges` repeat each other, the latter as
/// texts or as objects. An item without one of the lists that hold sources does not tell enough:
/// the group is read instead.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemRule {
    ip_protocol: String,
    from_port: Option<i32>,
    to_port: Option<i32>,
    ipv4_ranges: Option<Vec<ItemRange>>,
    ip_ranges: Option<Vec<ItemRange>>,
    ipv6_ranges: Vec<ItemRange>,
    prefix_list_ids: Vec<ItemPrefixList>,
    user_id_group_pairs: Option<Vec<ItemGroup>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ItemRange {
    Text(String),
    Object {
        #[serde(alias = "cidrIp", alias = "cidrIpv6")]
        cidr: String,
    },
}

impl ItemRange {
    fn cidr(&self) -> &str {
        match self {
            Self::Text(cidr) | Self::Object { cidr } => cidr,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ItemPrefixList {
    Text(String),
    Object {
        #[serde(rename = "prefixListId")]
        id: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemGroup {
    group_id: Option<String>,
}

impl SecurityGroupRule {
    fn from_item(rule: ItemRule) -> Option<Self> {
        if rule.ipv4_ranges.is_none() && rule.ip_ranges.is_none() {
            return None;
        }
        let ipv4 = rule.ipv4_ranges.iter().flatten().chain(rule.ip_ranges.iter().flatten());
        let mut ipv4: Vec<Ipv4Net> =
            ipv4.map(|range| range.cidr().parse()).collect::<Result<_, _>>().ok()?;
        let mut ipv6: Vec<Ipv6Net> = rule
            .ipv6_ranges
            .iter()
            .map(|range| range.cidr().parse())
            .collect::<Result<_, _>>()
            .ok()?;
        ipv4.sort_unstable();
        ipv4.dedup();
        ipv6.sort_unstable();
        ipv6.dedup();
        let prefix_lists = rule.prefix_list_ids.into_iter().map(|list| match list {
            ItemPrefixList::Text(id) | ItemPrefixList::Object { id } => id,
        });
        Some(Self {
            protocol: rule.ip_protocol,
            from_port: rule.from_port,
            to_port: rule.to_port,
            ipv4,
            ipv6,
            prefix_lists: prefix_lists.collect(),
            groups: rule
                .user_id_group_pairs
                .into_iter()
                .flatten()
                .filter_map(|pair| pair.group_id)
                .collect(),
        })
    }
}

impl SecurityGroup {
    /// The group in a configuration item; nothing when the item does not tell all of it.
    pub fn parse_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            group_id: String,
            group_name: String,
            owner_id: String,
            vpc_id: Option<String>,
            ip_permissions: Vec<ItemRule>,
            ip_permissions_egress: Vec<ItemRule>,
        }
        let group: Configuration = item
            .configuration()
            .filter(|group: &Configuration| group.group_id == item.resource_id)?;
        let rules = |rules: Vec<ItemRule>| {
            rules.into_iter().map(SecurityGroupRule::from_item).collect::<Option<Vec<_>>>()
        };
        Some(Self {
            id: group.group_id,
            name: group.group_name,
            owner: group.owner_id,
            region: item.aws_region.clone(),
            vpc: group.vpc_id,
            ingress: rules(group.ip_permissions)?,
            egress: rules(group.ip_permissions_egress)?,
        })
    }
}

impl Resource for SecurityGroup {
    const TYPE: &'static str = "AWS::EC2::SecurityGroup";
    const NOUN: (&'static str, &'static str) = ("security group", "security groups");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<SecurityGroups>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        Self::parse_item(item)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.owner == view.context().account.as_str()
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:security-group/{}",
            context.partition, context.region, self.owner, self.id
        ))
    }
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

impl NetworkAcl {
    /// The network ACL in a configuration item; nothing when the item does not tell all of it.
    pub fn parse_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            network_acl_id: String,
            owner_id: String,
            vpc_id: String,
            entries: Vec<Entry>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry {
            egress: bool,
            rule_number: i32,
            rule_action: String,
            protocol: String,
            port_range: Option<PortRange>,
            cidr_block: Option<IpNet>,
            ipv6_cidr_block: Option<IpNet>,
        }
        #[derive(Deserialize)]
        struct PortRange {
            from: i32,
            to: i32,
        }
        let acl: Configuration = item.configuration()?;
        let entry = |entry: Entry| {
            Some(NetworkAclEntry {
                number: entry.rule_number,
                allow: match entry.rule_action.as_str() {
                    "allow" => true,
                    "deny" => false,
                    _ => return None,
                },
                protocol: entry.protocol,
                ports: entry.port_range.map(|range| (range.from, range.to)),
                source: entry.cidr_block.or(entry.ipv6_cidr_block)?,
            })
        };
        let mut ingress: Vec<NetworkAclEntry> = acl
            .entries
            .into_iter()
            .filter(|entry| !entry.egress)
            .map(entry)
            .collect::<Option<_>>()?;
        ingress.sort_by_key(|entry| entry.number);
        Some(Self { id: acl.network_acl_id, owner: acl.owner_id, vpc: acl.vpc_id, ingress })
    }
}

impl Resource for NetworkAcl {
    const TYPE: &'static str = "AWS::EC2::NetworkAcl";
    const NOUN: (&'static str, &'static str) = ("network ACL", "network ACLs");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<NetworkAcls>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        Self::parse_item(item)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.owner == view.context().account.as_str()
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:network-acl/{}",
            context.partition, context.region, self.owner, self.id
        ))
    }
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
    /// The gateway that it leads through: `igw-…`, `vpce-…`, `vgw-…`, `local`.
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

impl Destination {
    /// All its blocks; those of a prefix list are read.
    pub fn blocks(&self, view: &View<'_>, region: &str) -> Result<Vec<IpNet>, NotAssessed> {
        match self {
            Self::Block(block) => Ok(vec![*block]),
            Self::PrefixList(id) => {
                let list = view.related::<PrefixListEntries>(region, id)?;
                Ok(list
                    .ipv4
                    .iter()
                    .copied()
                    .map(IpNet::V4)
                    .chain(list.ipv6.iter().copied().map(IpNet::V6))
                    .collect())
            }
        }
    }
}

impl RouteTable {
    /// The route table in a configuration item; nothing when the item does not tell all of it.
    pub fn parse_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            route_table_id: String,
            owner_id: String,
            vpc_id: String,
            associations: Vec<Association>,
            routes: Vec<ItemRoute>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Association {
            main: bool,
            subnet_id: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ItemRoute {
            destination_cidr_block: Option<IpNet>,
            destination_ipv6_cidr_block: Option<IpNet>,
            destination_prefix_list_id: Option<String>,
            gateway_id: Option<String>,
            vpc_peering_connection_id: Option<String>,
            state: String,
        }
        let table: Configuration = item.configuration()?;
        let route = |route: ItemRoute| {
            let block = route
                .destination_cidr_block
                .or(route.destination_ipv6_cidr_block)
                .map(Destination::Block);
            Some(Route {
                to: block.or(route.destination_prefix_list_id.map(Destination::PrefixList))?,
                gateway: route.gateway_id,
                peering: route.vpc_peering_connection_id,
                active: route.state != "blackhole",
            })
        };
        Some(Self {
            id: table.route_table_id,
            owner: table.owner_id,
            region: item.aws_region.clone(),
            vpc: table.vpc_id,
            main: table.associations.iter().any(|association| association.main),
            subnets: table
                .associations
                .into_iter()
                .filter_map(|association| association.subnet_id)
                .collect(),
            routes: table.routes.into_iter().map(route).collect::<Option<_>>()?,
        })
    }
}

impl Resource for RouteTable {
    const TYPE: &'static str = "AWS::EC2::RouteTable";
    const NOUN: (&'static str, &'static str) = ("route table", "route tables");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<RouteTables>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        Self::parse_item(item)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn is_own(&self, view: &View<'_>) -> bool {
        self.owner == view.context().account.as_str()
    }

    fn arn(&self, view: &View<'_>) -> Option<String> {
        let context = view.context();
        Some(format!(
            "arn:{}:ec2:{}:{}:route-table/{}",
            context.partition, context.region, self.owner, self.id
        ))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn instances_in_items_tell_their_profile_or_are_read() {
        let instance = |configuration: serde_json::Value| {
            let item = json!({
                "resourceType": "AWS::EC2::Instance", "resourceId": "i-1",
                "awsAccountId": "111122223333", "awsRegion": "us-east-1",
                "configurationItemStatus": "OK",
                "configurationItemCaptureTime": "2026-01-02T03:04:05Z",
                "configuration": configuration
            });
            Instance::from_item(&serde_json::from_value(item).expect("an item"))
        };
        let state = json!({ "code": 16, "name": "running" });
        let profile = |profile: serde_json::Value| {
            instance(json!({ "instanceId": "i-1", "state": state, "iamInstanceProfile": profile }))
        };
        assert_eq!(
            profile(json!({ "arn": "arn:p", "id": "AIPA1" }))
                .and_then(|instance| instance.profile)
                .as_deref(),
            Some("arn:p")
        );
        assert_eq!(profile(json!(null)).map(|instance| instance.profile), Some(None));
        assert_eq!(profile(json!({})), None);
        assert_eq!(instance(json!({ "instanceId": "i-1", "state": state })), None);
    }
}
