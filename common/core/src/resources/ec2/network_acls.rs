//! Network ACLs.

use ipnet::IpNet;
use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::facts::{NetworkAcl, NetworkAclEntry, NetworkAcls};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl NetworkAcl {
    /// Parses the network ACL in a configuration item; `None` if the item is incomplete.
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
