//! Security groups.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::facts::{SecurityGroup, SecurityGroupRule, SecurityGroups};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

/// A rule in the format of AWS Config. `ipv4Ranges` and `ipRanges` contain the same ranges, the
/// latter as strings or as objects. If the item lacks one of the lists of sources, it is
/// incomplete, and the group is read from AWS.
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
    /// Parses the security group in a configuration item; `None` if the item is incomplete.
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
