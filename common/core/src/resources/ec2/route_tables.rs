//! Route tables.

use ipnet::IpNet;
use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::facts::{Destination, PrefixListEntries, Route, RouteTable, RouteTables};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl Destination {
    /// All its CIDR blocks. Those of a prefix list are read from AWS.
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
    /// Parses the route table in a configuration item; `None` if the item is incomplete.
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
            nat_gateway_id: Option<String>,
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
                gateway: route.gateway_id.or(route.nat_gateway_id),
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
