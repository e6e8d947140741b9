//! Facts from Amazon EC2 and Amazon VPC.

use ipnet::{Ipv4Net, Ipv6Net};
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

/// One permission of a security group: a protocol, a range of ports and the sources or destinations for which it holds.
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
        Some(format!("arn:{}:ec2:{}:{}:instance/{}", context.partition, context.region, context.account, self.id))
    }
}

/// A rule as AWS Config spells it. `ipv4Ranges` and `ipRanges` repeat each other, the latter as texts or as objects. An item without one of the lists that hold sources does
/// not tell enough: the group is read instead.
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
        let mut ipv4: Vec<Ipv4Net> = ipv4.map(|range| range.cidr().parse()).collect::<Result<_, _>>().ok()?;
        let mut ipv6: Vec<Ipv6Net> = rule.ipv6_ranges.iter().map(|range| range.cidr().parse()).collect::<Result<_, _>>().ok()?;
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
            groups: rule.user_id_group_pairs.into_iter().flatten().filter_map(|pair| pair.group_id).collect(),
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
        let group: Configuration = item.configuration()?;
        let rules = |rules: Vec<ItemRule>| rules.into_iter().map(SecurityGroupRule::from_item).collect::<Option<Vec<_>>>();
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
        Some(format!("arn:{}:ec2:{}:{}:security-group/{}", context.partition, context.region, self.owner, self.id))
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
                "resourceType": "AWS::EC2::Instance", "resourceId": "i-1", "awsAccountId": "111122223333", "awsRegion": "us-east-1",
                "configurationItemStatus": "OK", "configurationItemCaptureTime": "2026-01-02T03:04:05Z", "configuration": configuration
            });
            Instance::from_item(&serde_json::from_value(item).expect("an item"))
        };
        let state = json!({ "code": 16, "name": "running" });
        let profile = |profile: serde_json::Value| instance(json!({ "instanceId": "i-1", "state": state, "iamInstanceProfile": profile }));
        assert_eq!(profile(json!({ "arn": "arn:p", "id": "AIPA1" })).and_then(|instance| instance.profile).as_deref(), Some("arn:p"));
        assert_eq!(profile(json!(null)).map(|instance| instance.profile), Some(None));
        assert_eq!(profile(json!({})), None);
        assert_eq!(instance(json!({ "instanceId": "i-1", "state": state })), None);
    }
}
