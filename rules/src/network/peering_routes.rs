//! 5.5: routes to VPC peering connections.

use std::collections::BTreeMap;

use ipnet::IpNet;
use plumbline_core::facts::{
    Destination, PeerVpc, PeeringConnection, PeeringConnections, PrefixListEntries, Route,
    RouteTable, RouteTables,
};
use plumbline_core::fix::{Input, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// Routes to VPC peering connections do not cover the whole peer VPC
    ///
    /// ## Why
    /// A VPC peering connection joins two networks. If routes lead only to the required subnets and
    /// not to the whole peer VPC, an attacker in one VPC can reach fewer resources in the other.
    ///
    /// ## Decision
    /// The benchmark requires a manual check of which routes are necessary; this control detects
    /// the widest routes. The control evaluates each route table of the account with a route to a
    /// VPC peering connection. No such route covers a whole CIDR block of the peer VPC, or more, in
    /// IPv4 or in IPv6. The CIDR blocks of a prefix list are combined, and so are the routes
    /// through one connection. A route in state `blackhole` does not count. For a reviewed route
    /// that has to be that wide, register an exception.
    ///
    /// ## Remediation
    /// Replace the route to the whole peer VPC with routes to the required subnets, on both sides
    /// of the VPC peering connection.
    ///
    /// ```sh
    /// aws ec2 create-route --route-table-id rtb-… --destination-cidr-block 10.1.4.0/24 --vpc-peering-connection-id pcx-…
    /// aws ec2 delete-route --route-table-id rtb-… --destination-cidr-block 10.1.0.0/16
    /// ```
    pub(crate) struct PeeringRoutes: ResourceControl;
    id: ControlId::new("5.5"),
    slug: "peering-routes",
    level: 2,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["14.6"],
    since: "0.1.0",
    facts: &[FactKind::RouteTables, FactKind::PeeringConnections, FactKind::PrefixListEntries],
    fix: fix,
}

/// Routes through one connection that cover a whole CIDR block of the peer VPC.
struct Wide<'a> {
    routes: Vec<&'a Route>,
    connection: &'a str,
    block: IpNet,
    peer: &'a PeerVpc,
}

/// Returns the first whole CIDR block of a peer VPC to which a table routes, with one route or with
/// several routes of the same connection.
fn wide<'a>(table: &'a RouteTable, view: &View<'a>) -> Result<Option<Wide<'a>>, NotAssessed> {
    let connections = &view.region::<PeeringConnections>()?.0;
    let mut unknown = None;
    let mut by_connection: BTreeMap<&str, Vec<(&Route, Vec<IpNet>)>> = BTreeMap::new();
    for route in table.routes.iter().filter(|route| route.active) {
        let Some(connection) = route.peering.as_deref() else { continue };
        let known = by_connection.entry(connection).or_default();
        match route.to.blocks(view, &table.region) {
            Ok(blocks) => known.push((route, IpNet::aggregate(&blocks))),
            Err(why) => unknown = Some(why),
        }
    }
    for (connection, routes) in by_connection {
        let peer = match peer(table, connection, connections) {
            Ok(peer) => peer,
            Err(why) => {
                unknown = Some(why);
                continue;
            }
        };
        let covered_by = |blocks: &[IpNet]| {
            peer.blocks.iter().copied().find(|block| blocks.iter().any(|wide| wide.contains(block)))
        };
        if let Some((route, block)) =
            routes.iter().find_map(|(route, blocks)| Some((*route, covered_by(blocks)?)))
        {
            return Ok(Some(Wide { routes: vec![route], connection, block, peer }));
        }
        let together =
            IpNet::aggregate(&routes.iter().flat_map(|(_, blocks)| blocks).copied().collect());
        if let Some(block) = covered_by(&together) {
            let parts = routes
                .iter()
                .filter(|(_, blocks)| blocks.iter().any(|part| block.contains(part)))
                .map(|(route, _)| *route)
                .collect();
            return Ok(Some(Wide { routes: parts, connection, block, peer }));
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// Returns the VPC at the other end of a connection.
fn peer<'a>(
    table: &RouteTable,
    id: &str,
    connections: &'a [PeeringConnection],
) -> Result<&'a PeerVpc, NotAssessed> {
    let undetermined = |why: String| Err(NotAssessed::Undetermined(why));
    let Some(connection) = connections.iter().find(|connection| connection.id == id) else {
        return undetermined(format!("a route leads to {id}, which AWS does not return."));
    };
    match connection.peer_of(&table.vpc) {
        None => undetermined(format!("{} is not exactly one of the two VPCs of {id}.", table.vpc)),
        Some(peer) if peer.blocks.is_empty() => undetermined(format!(
            "AWS does not return the CIDR blocks of {} behind {id}.",
            peer.vpc
        )),
        Some(peer) => Ok(peer),
    }
}

/// Replaces each route that is too wide with a route to a network that a person has to give.
fn fix(failure: &Failure<'_>) -> Fix {
    let table = failure.resource.resource_id.as_str();
    let mut fix = Fix::new();
    for route in failure.list("routes") {
        let Ok(Route { to, peering: Some(connection), .. }) = serde_json::from_value(route.clone())
        else {
            return Fix::by_hand("The report has a route that this version cannot read.");
        };
        let option = match &to {
            Destination::Block(IpNet::V6(_)) => "--destination-ipv6-cidr-block",
            Destination::Block(IpNet::V4(_)) => "--destination-cidr-block",
            Destination::PrefixList(_) => "--destination-prefix-list-id",
        };
        let of = format!("{table} {to}");
        let what = format!("the required part of {to} behind {connection}, as a CIDR block");
        let narrow = match &to {
            Destination::Block(IpNet::V6(_)) => "--destination-ipv6-cidr-block",
            _ => "--destination-cidr-block",
        };
        let create = failure
            .aws("ec2 create-route")
            .option("--route-table-id", table)
            .option(narrow, Input::of("PEER_NETWORK", of, what))
            .option("--vpc-peering-connection-id", connection);
        let delete = failure
            .aws("ec2 delete-route")
            .option("--route-table-id", table)
            .option(option, to.to_string());
        fix = fix.command(create).command(delete);
    }
    if fix.commands.is_empty() {
        return Fix::by_hand("The report does not have the routes: scan again with this version.");
    }
    fix.effect(FixEffect::Disruptive, "connections to the rest of the peer VPC are cut.")
        .undo("aws ec2 create-route with the deleted destination")
        .terraform(Terraform::Argument(
            "aws_route: destination_cidr_block = the required part of the peer VPC".to_owned(),
        ))
}

impl ResourceControl for PeeringRoutes {
    type Resource = RouteTable;
    type Parameters = NoParameters;

    fn concerns(
        table: &Subject<'_, RouteTable>,
        _: &View<'_>,
        _: &NoParameters,
    ) -> Result<bool, NotAssessed> {
        Ok(table.routes.iter().any(|route| route.peering.is_some()))
    }

    fn evaluate(table: &Subject<'_, RouteTable>, view: &View<'_>, _: &NoParameters) -> Assessed {
        Ok(match wide(table, view)? {
            None => Verdict::compliant(
                "No route to a VPC peering connection covers a whole CIDR block of the peer VPC.",
            )
            .evidence(json!({ "vpc": table.vpc })),
            Some(Wide { routes, connection, block, peer }) => {
                let of = format!("all of {block} of {} (account {})", peer.vpc, peer.owner);
                let to: Vec<String> = routes.iter().map(|route| route.to.to_string()).collect();
                let reason = match to.as_slice() {
                    [only] => format!("The route to {only} through {connection} covers {of}."),
                    several => format!(
                        "Routes through {connection} together cover {of}: {}.",
                        several.join(", ")
                    ),
                };
                Verdict::non_compliant(reason)
                    .evidence(json!({ "vpc": table.vpc, "routes": routes, "peer": peer }))
            }
        })
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        Ok(Verdict::compliant(format!(
            "There are no route tables with a route to a VPC peering connection in {}.",
            view.context().region
        )))
    }

    fn examples() -> Vec<Example> {
        let blocks = |blocks: &[&str]| {
            blocks.iter().filter_map(|block| block.parse().ok()).collect::<Vec<IpNet>>()
        };
        let side = |vpc: &str, owner: &str, its: &[&str]| PeerVpc {
            vpc: vpc.to_owned(),
            owner: owner.to_owned(),
            blocks: blocks(its),
        };
        let own = || side("vpc-1", ACCOUNT_ID, &["10.0.0.0/16"]);
        let other = |its: &[&str]| side("vpc-2", "999988887777", its);
        let connection = |requester, accepter| {
            PeeringConnections(vec![PeeringConnection {
                id: "pcx-1".to_owned(),
                requester,
                accepter,
            }])
        };
        let route = |to: &str, active| Route {
            to: to
                .parse()
                .map_or_else(|_| Destination::PrefixList(to.to_owned()), Destination::Block),
            gateway: None,
            peering: Some("pcx-1".to_owned()),
            active,
        };
        let table = |owner: &str, routes| RouteTable {
            id: "rtb-1".to_owned(),
            owner: owner.to_owned(),
            region: REGION.to_owned(),
            vpc: "vpc-1".to_owned(),
            main: true,
            subnets: Vec::new(),
            routes,
        };
        let tables = |situation, routes| {
            Example::new(situation).region(RouteTables(vec![table(ACCOUNT_ID, routes)]))
        };
        let to_peer = |situation, to: &str, its: &[&str]| {
            tables(situation, vec![route(to, true)]).region(connection(own(), other(its)))
        };
        let by_list = |situation| to_peer(situation, "pl-1", &["10.1.0.0/16"]);
        let list = |its: &[&str]| PrefixListEntries {
            ipv4: its.iter().filter_map(|block| block.parse().ok()).collect(),
            ipv6: Vec::new(),
        };
        let narrow = "No route to a VPC peering connection";
        vec![
            to_peer("a route to one subnet of the peer VPC", "10.1.4.0/24", &["10.1.0.0/16"])
                .passes("rtb-1", narrow),
            to_peer("a route to the whole peer VPC", "10.1.0.0/16", &["10.1.0.0/16"]).fails(
                "rtb-1",
                "The route to 10.1.0.0/16 through pcx-1 covers all of 10.1.0.0/16 of vpc-2 \
                 (account 999988887777).",
            ),
            to_peer("a route to more than the peer VPC", "10.0.0.0/8", &["10.1.0.0/16"])
                .fails("rtb-1", "covers all of 10.1.0.0/16"),
            to_peer(
                "a route to the whole second CIDR block of the peer VPC",
                "10.9.0.0/24",
                &["10.1.0.0/16", "10.9.0.0/24"],
            )
            .fails("rtb-1", "covers all of 10.9.0.0/24"),
            to_peer(
                "a route to all IPv6 addresses of the peer VPC",
                "2001:db8::/56",
                &["10.1.0.0/16", "2001:db8::/56"],
            )
            .fails("rtb-1", "covers all of 2001:db8::/56"),
            tables("a connection that the peer VPC requested", vec![route("10.1.0.0/16", true)])
                .region(connection(other(&["10.1.0.0/16"]), own()))
                .fails("rtb-1", "of vpc-2"),
            by_list("a route to a prefix list with both halves of the peer VPC")
                .resource("pl-1", list(&["10.1.0.0/17", "10.1.128.0/17"]))
                .fails("rtb-1", "The route to pl-1 through pcx-1"),
            tables(
                "routes to both halves of the peer VPC",
                vec![
                    route("10.1.0.0/17", true),
                    route("10.1.128.0/17", true),
                    route("10.7.0.0/16", true),
                ],
            )
            .region(connection(own(), other(&["10.1.0.0/16"])))
            .fails(
                "rtb-1",
                "Routes through pcx-1 together cover all of 10.1.0.0/16 of vpc-2 (account \
                 999988887777): 10.1.0.0/17, 10.1.128.0/17.",
            ),
            tables(
                "a route to one half of the peer VPC and a blackhole route to the other half",
                vec![route("10.1.0.0/17", true), route("10.1.128.0/17", false)],
            )
            .region(connection(own(), other(&["10.1.0.0/16"])))
            .passes("rtb-1", narrow),
            tables(
                "routes to one half of the peer VPC and to a prefix list with the other half",
                vec![route("10.1.0.0/17", true), route("pl-1", true)],
            )
            .region(connection(own(), other(&["10.1.0.0/16"])))
            .resource("pl-1", list(&["10.1.128.0/17"]))
            .fails("rtb-1", "10.1.0.0/17, pl-1"),
            tables(
                "a route to the whole peer VPC, access denied to a prefix list",
                vec![route("pl-1", true), route("10.1.0.0/16", true)],
            )
            .region(connection(own(), other(&["10.1.0.0/16"])))
            .denied(Key::resource(FactKind::PrefixListEntries, REGION, "pl-1"))
            .fails("rtb-1", "The route to 10.1.0.0/16"),
            by_list("a route to a prefix list with one subnet")
                .resource("pl-1", list(&["10.1.4.0/24"]))
                .passes("rtb-1", narrow),
            by_list("access denied to GetManagedPrefixListEntries")
                .denied(Key::resource(FactKind::PrefixListEntries, REGION, "pl-1"))
                .not_assessed("rtb-1", "ec2:GetManagedPrefixListEntries"),
            tables("a route to a deleted connection", vec![route("10.1.0.0/16", false)])
                .region(PeeringConnections(Vec::new()))
                .passes("rtb-1", narrow),
            tables(
                "a route to a connection that AWS does not return",
                vec![route("10.1.0.0/16", true)],
            )
            .region(PeeringConnections(Vec::new()))
            .not_assessed("rtb-1", "pcx-1, which AWS does not return"),
            tables("a connection between other VPCs", vec![route("10.1.0.0/16", true)])
                .region(connection(
                    other(&["10.1.0.0/16"]),
                    side("vpc-3", ACCOUNT_ID, &["10.3.0.0/16"]),
                ))
                .not_assessed("rtb-1", "not exactly one of the two VPCs"),
            to_peer("a peer VPC whose CIDR blocks AWS does not return", "10.1.0.0/16", &[])
                .not_assessed("rtb-1", "does not return the CIDR blocks of vpc-2"),
            tables(
                "access denied to DescribeVpcPeeringConnections",
                vec![route("10.1.0.0/16", true)],
            )
            .denied(Key::region(FactKind::PeeringConnections, REGION))
            .not_assessed("rtb-1", "ec2:DescribeVpcPeeringConnections"),
            Example::new("a route table of another account")
                .region(RouteTables(vec![table("999988887777", vec![route("10.1.0.0/16", true)])]))
                .expect(Compliance::Compliant, "no route tables with a route"),
            tables("a route table without such a route", Vec::new())
                .expect(Compliance::Compliant, "no route tables with a route"),
            Example::new("access denied to DescribeRouteTables")
                .denied(Key::region(FactKind::RouteTables, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeRouteTables"),
        ]
    }
}
