//! Examples of 2.3.3.

use plumbline_core::facts::{
    DbInstance, DbInstances, DbNetwork, Destination, PrefixListEntries, Route, RouteTable,
    RouteTables,
};
use plumbline_core::prelude::*;

use crate::shared::databases;

pub(super) fn all() -> Vec<Example> {
    let bad = DbInstance { public: true, ..databases::instance("db-bad", "postgres") };
    let table = |id: &str, subnet: Option<&str>, routes: Vec<Route>| RouteTable {
        id: id.to_owned(),
        owner: ACCOUNT_ID.to_owned(),
        region: REGION.to_owned(),
        vpc: "vpc-1".to_owned(),
        main: subnet.is_none(),
        subnets: subnet.map(str::to_owned).into_iter().collect(),
        routes,
    };
    let route = |to: &str, gateway: &str, active| Route {
        to: to.parse().map_or_else(|_| Destination::PrefixList(to.to_owned()), Destination::Block),
        gateway: Some(gateway.to_owned()),
        peering: None,
        active,
    };
    let local = || route("10.0.0.0/16", "local", true);
    let open = || vec![local(), route("0.0.0.0/0", "igw-1", true)];
    let with = |situation, tables| {
        Example::new(situation).region(DbInstances(vec![bad.clone()])).region(RouteTables(tables))
    };
    let required =
        |situation, tables| with(situation, tables).parameter("requireInternetRoute", "true");
    let by_list = |situation| {
        required(
            situation,
            vec![table("rtb-main", None, vec![local(), route("pl-1", "igw-1", true)])],
        )
    };
    let list = |blocks: &[&str]| PrefixListEntries {
        ipv4: blocks.iter().filter_map(|block| block.parse().ok()).collect(),
        ipv6: Vec::new(),
    };
    let subnets_of_their_own = |first, second| {
        vec![
            table("rtb-main", None, open()),
            table("rtb-1", Some("subnet-1"), first),
            table("rtb-2", Some("subnet-2"), second),
        ]
    };
    let mut examples = databases::examples(
        &bad,
        "is not publicly accessible",
        "is publicly accessible. It is unknown",
    );
    examples.extend([
        with(
            "a public instance with an internet route in the main route table",
            vec![table("rtb-main", None, open())],
        )
        .fails("db-bad", "subnet-1 routes to igw-1 (rtb-main)"),
        with(
            "a public instance with an internet route in the table of the second subnet",
            subnets_of_their_own(vec![local()], open()),
        )
        .fails("db-bad", "subnet-2 routes to igw-1 (rtb-2)"),
        with(
            "a public instance without an internet route",
            subnets_of_their_own(vec![local()], vec![local()]),
        )
        .fails("db-bad", "none of its subnets currently routes to an internet gateway"),
        required(
            "a public instance without an internet route, which is required",
            subnets_of_their_own(vec![local()], vec![local()]),
        )
        .passes("db-bad", "but none of its subnets"),
        required(
            "a route whose gateway was deleted",
            vec![table("rtb-main", None, vec![route("0.0.0.0/0", "igw-1", false)])],
        )
        .passes("db-bad", "but none of its subnets"),
        required(
            "a route for all IPv6 addresses",
            vec![table("rtb-main", None, vec![local(), route("::/0", "igw-1", true)])],
        )
        .fails("db-bad", "routes to igw-1"),
        required(
            "routes for both halves of the IPv4 addresses",
            vec![table(
                "rtb-main",
                None,
                vec![route("0.0.0.0/1", "igw-1", true), route("128.0.0.0/1", "igw-1", true)],
            )],
        )
        .fails("db-bad", "routes to igw-1"),
        required(
            "a route for half of the IPv4 addresses, an internet route required",
            vec![table("rtb-main", None, vec![route("0.0.0.0/1", "igw-1", true)])],
        )
        .passes("db-bad", "subnet-1 routes only 0.0.0.0/1 to igw-1 (rtb-main)"),
        with(
            "a route for half of the IPv4 addresses",
            vec![table("rtb-main", None, vec![route("0.0.0.0/1", "igw-1", true)])],
        )
        .fails("db-bad", "subnet-1 routes only 0.0.0.0/1 to igw-1 (rtb-main)"),
        required(
            "routes for all public addresses through two gateways",
            vec![table(
                "rtb-main",
                None,
                vec![
                    route("0.0.0.0/1", "igw-1", true),
                    route("128.0.0.0/2", "igw-2", true),
                    route("192.0.0.0/3", "igw-2", true),
                ],
            )],
        )
        .fails("db-bad", "routes to igw-1 and igw-2"),
        required(
            "more specific routes for all addresses to a NAT gateway",
            vec![table(
                "rtb-main",
                None,
                vec![
                    route("0.0.0.0/0", "igw-1", true),
                    route("0.0.0.0/1", "nat-1", true),
                    route("128.0.0.0/1", "nat-1", true),
                ],
            )],
        )
        .passes("db-bad", "but none of its subnets"),
        required(
            "more specific routes for all addresses to a firewall endpoint",
            vec![table(
                "rtb-main",
                None,
                vec![
                    route("0.0.0.0/0", "igw-1", true),
                    route("0.0.0.0/1", "vpce-1", true),
                    route("128.0.0.0/1", "vpce-1", true),
                ],
            )],
        )
        .not_assessed(
            "db-bad",
            "more specific routes lead to network interfaces, endpoints or transit gateways",
        ),
        required(
            "more specific routes for all addresses to the interface of an appliance",
            vec![table(
                "rtb-main",
                None,
                ["0.0.0.0/1", "128.0.0.0/1"]
                    .map(|block| Route { gateway: None, ..route(block, "eni", true) })
                    .into_iter()
                    .chain([route("0.0.0.0/0", "igw-1", true)])
                    .collect(),
            )],
        )
        .not_assessed(
            "db-bad",
            "more specific routes lead to network interfaces, endpoints or transit gateways",
        ),
        required(
            "a more specific route for some addresses to another target",
            vec![table(
                "rtb-main",
                None,
                vec![
                    local(),
                    route("0.0.0.0/0", "igw-1", true),
                    route("198.41.0.0/16", "vgw-1", true),
                ],
            )],
        )
        .fails("db-bad", "routes to igw-1"),
        by_list("a route for a prefix list with all addresses")
            .resource("pl-1", list(&["0.0.0.0/0"]))
            .fails("db-bad", "routes to igw-1"),
        by_list("a route for a prefix list with one network")
            .resource("pl-1", list(&["198.51.100.0/24"]))
            .passes("db-bad", "routes only 198.51.100.0/24 to igw-1"),
        by_list("a route for a prefix list, access denied to GetManagedPrefixListEntries")
            .denied(Key::resource(FactKind::PrefixListEntries, REGION, "pl-1"))
            .not_assessed("db-bad", "ec2:GetManagedPrefixListEntries"),
        required("a VPC whose route tables AWS does not return", Vec::new())
            .not_assessed("db-bad", "no route table for subnet-2"),
        Example::new("a public instance, access denied to DescribeRouteTables")
            .region(DbInstances(vec![bad.clone()]))
            .denied(Key::region(FactKind::RouteTables, REGION))
            .fails("db-bad", "It is unknown"),
        Example::new("an instance without subnets")
            .region(DbInstances(vec![DbInstance { network: None, ..bad.clone() }]))
            .parameter("requireInternetRoute", "true")
            .not_assessed("db-bad", "no subnets"),
        Example::new("an instance for which AWS returns no subnets")
            .region(DbInstances(vec![DbInstance {
                network: Some(DbNetwork { vpc: "vpc-1".to_owned(), subnets: Vec::new() }),
                ..bad.clone()
            }]))
            .parameter("requireInternetRoute", "true")
            .not_assessed("db-bad", "no subnets"),
    ]);
    examples
}
