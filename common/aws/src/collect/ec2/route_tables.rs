//! Route tables.

use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use aws_sdk_ec2::types;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{Destination, Route, RouteTable, RouteTables};
use plumbline_core::operation::ec2;

use super::block;
use crate::session::Session;

/// The maximum page size of EC2 for route tables.
const TABLES_A_PAGE: i32 = 100;

pub(in crate::collect) async fn route_tables(
    session: &Session,
    region: &str,
) -> Answer<RouteTables> {
    let client = session.ec2(region);
    let page = |token| {
        client.describe_route_tables().max_results(TABLES_A_PAGE).set_next_token(token).send()
    };
    session
        .list(ec2::DESCRIBE_ROUTE_TABLES, page, DescribeRouteTablesOutput::next_token, |page| {
            tables_of(page, region)
        })
        .await
        .map(RouteTables)
}

fn tables_of(page: DescribeRouteTablesOutput, region: &str) -> Answer<Vec<RouteTable>> {
    ec2::DESCRIBE_ROUTE_TABLES
        .require(page.route_tables, "the route tables")?
        .into_iter()
        .map(|table| table_of(table, region))
        .collect()
}

fn table_of(table: types::RouteTable, region: &str) -> Answer<RouteTable> {
    let id = ec2::DESCRIBE_ROUTE_TABLES.require_text(table.route_table_id, "a table's id")?;
    let member = |name: &str| format!("{name} of {id}");
    let (mut main, mut subnets) = (false, Vec::new());
    for association in
        ec2::DESCRIBE_ROUTE_TABLES.require(table.associations, &member("the associations"))?
    {
        main |= ec2::DESCRIBE_ROUTE_TABLES
            .require(association.main, &member("the kind of an association"))?;
        subnets.extend(association.subnet_id);
    }
    let routes = ec2::DESCRIBE_ROUTE_TABLES.require(table.routes, &member("the routes"))?;
    Ok(RouteTable {
        owner: ec2::DESCRIBE_ROUTE_TABLES.require_text(table.owner_id, &member("the owner"))?,
        region: region.to_owned(),
        vpc: ec2::DESCRIBE_ROUTE_TABLES.require_text(table.vpc_id, &member("the VPC"))?,
        main,
        subnets,
        routes: routes
            .into_iter()
            .map(|route| route_of(route, &member("the destination of a route")))
            .collect::<Answer<_>>()?,
        id,
    })
}

/// A route without a state counts as active.
fn route_of(route: types::Route, what: &str) -> Answer<Route> {
    let to = match (
        route.destination_cidr_block.or(route.destination_ipv6_cidr_block),
        route.destination_prefix_list_id,
    ) {
        (Some(cidr), _) => Destination::Block(block(ec2::DESCRIBE_ROUTE_TABLES, &cidr, what)?),
        (None, list) => {
            Destination::PrefixList(ec2::DESCRIBE_ROUTE_TABLES.require_text(list, what)?)
        }
    };
    Ok(Route {
        to,
        gateway: route.gateway_id.or(route.nat_gateway_id),
        peering: route.vpc_peering_connection_id,
        active: route.state != Some(types::RouteState::Blackhole),
    })
}
