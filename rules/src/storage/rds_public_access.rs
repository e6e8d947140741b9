//! 2.3.3: public access to DB instances.

mod examples;

use std::collections::BTreeSet;

use ipnet::IpNet;
use plumbline_core::facts::{DbInstance, DbNetwork, Route, RouteTable, RouteTables};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::address_blocks::{Family, all_addresses, cover_what_is_public};
use crate::shared::databases;

plumbline_core::control! {
    /// RDS DB instances are not publicly accessible
    ///
    /// ## Why
    /// With a public address, a single change of a security group exposes the DB instance to the
    /// internet, and databases are a frequent target of attacks.
    ///
    /// ## Decision
    /// For each DB instance of the Region: the instance is not publicly accessible. If it is, the
    /// reason states whether its subnets route `0.0.0.0/0` or `::/0` to an internet gateway. The
    /// route table of each subnet decides, or else the main route table of the VPC. A route to an
    /// internet gateway does not count if more specific routes lead all public addresses to other
    /// targets. With `requireInternetRoute`, only an instance with such a route fails. Amazon
    /// Neptune and Amazon DocumentDB instances are evaluated only with
    /// `includeNeptuneAndDocumentDb`.
    ///
    /// ## Remediation
    /// Disable public access of the DB instance, and connect to the database from within the VPC,
    /// through a VPN or through Session Manager.
    ///
    /// ```sh
    /// aws rds modify-db-instance --db-instance-identifier NAME --no-publicly-accessible
    /// ```
    pub(crate) struct RdsPublicAccess: ResourceControl;
    id: ControlId::new("2.3.3"),
    slug: "rds-public-access",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Critical,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["14.6"],
    since: "0.1.0",
    facts: &[FactKind::DbInstances, FactKind::RouteTables, FactKind::PrefixListEntries],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether Amazon Neptune and Amazon DocumentDB instances, which the RDS API also returns,
        /// are evaluated.
        include_neptune_and_document_db: bool = ("includeNeptuneAndDocumentDb", "false", False),
        /// Whether a publicly accessible instance fails only if one of its subnets routes to an
        /// internet gateway.
        require_internet_route: bool = ("requireInternetRoute", "false", True),
    }
}

/// The destinations that a route table routes to internet gateways.
#[derive(Default)]
struct Internet<'a> {
    /// Whether these are all addresses of an address family, or all public ones.
    is_all: bool,
    /// The CIDR blocks with their gateways. If all addresses of a family are routed, only the
    /// blocks of that family.
    parts: Vec<(IpNet, &'a str)>,
}

impl Internet<'_> {
    /// Lists the gateways: `igw-1 and igw-2`.
    fn gateways(&self) -> String {
        let gateways: BTreeSet<&str> = self.parts.iter().map(|(_, gateway)| *gateway).collect();
        gateways.into_iter().collect::<Vec<_>>().join(" and ")
    }

    /// Lists the first four blocks: `0.0.0.0/1, 128.0.0.0/2`.
    fn blocks(&self) -> String {
        let blocks: Vec<String> = self.parts.iter().map(|(block, _)| block.to_string()).collect();
        match blocks.get(..4) {
            Some(first) if blocks.len() > 4 => {
                format!("{} and {} more", first.join(", "), blocks.len() - 4)
            }
            _ => blocks.join(", "),
        }
    }
}

/// A subnet with a route to the internet: the subnet, its route table and the routed destinations.
type InternetRoute<'a> = (&'a str, &'a str, Internet<'a>);

/// Returns the first subnet of an instance that routes all addresses to internet gateways, or else
/// the first that routes some addresses to them.
fn find_internet_route<'a>(
    network: &'a DbNetwork,
    view: &View<'a>,
) -> Result<Option<InternetRoute<'a>>, NotAssessed> {
    if network.subnets.is_empty() {
        return Err(NotAssessed::Undetermined(
            "AWS returns no subnets for the DB instance.".to_owned(),
        ));
    }
    let mut part = None;
    let tables = &view.region::<RouteTables>()?.0;
    let mut unknown = None;
    for subnet in &network.subnets {
        let explicit = tables.iter().find(|table| table.subnets.contains(subnet));
        let Some(table) =
            explicit.or_else(|| tables.iter().find(|table| table.main && table.vpc == network.vpc))
        else {
            unknown = Some(NotAssessed::Undetermined(format!(
                "AWS returns no route table for {subnet} in {}.",
                network.vpc
            )));
            continue;
        };
        match internet(table, view) {
            Ok(routed) if routed.is_all => return Ok(Some((subnet, &table.id, routed))),
            Ok(routed) if !routed.parts.is_empty() => {
                part.get_or_insert((subnet.as_str(), table.id.as_str(), routed));
            }
            Ok(_) => {}
            Err(why) => unknown = Some(why),
        }
    }
    unknown.map_or(Ok(part), Err)
}

/// Returns the destinations that a table routes to internet gateways, with all routes of a family
/// together.
fn internet<'a>(table: &'a RouteTable, view: &View<'_>) -> Result<Internet<'a>, NotAssessed> {
    let (mut parts, mut unknown) = (Vec::new(), None);
    for route in table.routes.iter().filter(|route| route.active) {
        let Some(gateway) = route.gateway.as_deref().filter(|gateway| gateway.starts_with("igw-"))
        else {
            continue;
        };
        match route.to.blocks(view, &table.region) {
            Ok(blocks) => parts.extend(blocks.into_iter().map(|block| (block, gateway))),
            Err(why) => unknown = Some(why),
        }
    }
    let is_taken = |block: &IpNet, others: &[IpNet]| {
        let inside: Vec<IpNet> =
            others.iter().copied().filter(|other| is_within(other, block)).collect();
        !inside.is_empty() && cover_what_is_public(&inside, block)
    };
    let others = elsewhere(table, view, leads_into_no_internet);
    parts.retain(|(block, _)| !is_taken(block, &others));
    // An appliance (its network interface, or a Gateway Load Balancer endpoint) may forward traffic
    // to the internet.
    let with_appliances = elsewhere(table, view, |_| true);
    parts.retain(|(block, gateway)| {
        let is_taken = is_taken(block, &with_appliances);
        if is_taken {
            unknown = Some(NotAssessed::Undetermined(format!(
                "{} routes {block} to {gateway}, and more specific routes lead to network \
                 interfaces, endpoints or transit gateways, which may forward to the internet.",
                table.id
            )));
        }
        !is_taken
    });
    for family in [Family::V4, Family::V6] {
        let of_family: Vec<(IpNet, &str)> =
            parts.iter().copied().filter(|(block, _)| family.has(block)).collect();
        let blocks: Vec<IpNet> = of_family.iter().map(|(block, _)| *block).collect();
        if all_addresses(&blocks).is_some() {
            return Ok(Internet { is_all: true, parts: of_family });
        }
    }
    unknown.map_or(Ok(Internet { is_all: false, parts }), Err)
}

/// Returns whether a route does not lead to the internet: its target is a gateway other than an
/// endpoint, or a peering connection.
fn leads_into_no_internet(route: &Route) -> bool {
    let is_gateway = |gateway: &String| !gateway.starts_with("vpce-");
    route.gateway.as_ref().map_or(route.peering.is_some(), is_gateway)
}

/// Returns the CIDR blocks that a table routes to targets other than internet gateways, by the
/// routes for which `counts` is true. A prefix list that cannot be read is ignored.
fn elsewhere(table: &RouteTable, view: &View<'_>, counts: impl Fn(&Route) -> bool) -> Vec<IpNet> {
    let is_other = |route: &&Route| {
        let is_internet = route.gateway.as_ref().is_some_and(|gateway| gateway.starts_with("igw-"));
        route.active && !is_internet && counts(route)
    };
    let others = table.routes.iter().filter(is_other);
    others.filter_map(|route| route.to.blocks(view, &table.region).ok()).flatten().collect()
}

/// Returns whether a block is a smaller part of another block, so that its route has precedence.
fn is_within(block: &IpNet, whole: &IpNet) -> bool {
    whole.contains(block) && block.prefix_len() > whole.prefix_len()
}

fn fix(failure: &Failure<'_>) -> Fix {
    failure
        .of_finding(&["rds modify-db-instance"], &[])
        .effect(FixEffect::Disruptive, "clients outside the VPC lose their connections.")
        .note(
            "AWS does not support this change for an instance of a Multi-AZ DB cluster: restore \
             such a cluster from a snapshot without public access.",
        )
        .undo("aws rds modify-db-instance --publicly-accessible for the same instance")
        .terraform(Terraform::Argument("aws_db_instance: publicly_accessible = false".to_owned()))
}

impl ResourceControl for RdsPublicAccess {
    type Resource = DbInstance;
    type Parameters = Parameters;

    fn concerns(
        instance: &Subject<'_, DbInstance>,
        _: &View<'_>,
        parameters: &Parameters,
    ) -> Result<bool, NotAssessed> {
        Ok(databases::concerns(instance, parameters.include_neptune_and_document_db))
    }

    fn evaluate(
        instance: &Subject<'_, DbInstance>,
        view: &View<'_>,
        parameters: &Parameters,
    ) -> Assessed {
        let DbInstance { name, engine, public, network, .. } = &**instance;
        if !public {
            return Ok(Verdict::compliant(format!("{} is not publicly accessible.", named(name)))
                .evidence(json!({ "name": name, "engine": engine })));
        }
        let found = match network {
            Some(network) => find_internet_route(network, view),
            None => Err(NotAssessed::Undetermined(
                "AWS returns no subnets for the DB instance.".to_owned(),
            )),
        };
        let required = parameters.require_internet_route;
        let region = view.context().region.as_str();
        let command = databases::modify(name, "--no-publicly-accessible", region);
        let evidence = |route| json!({ "name": name, "engine": engine, "internet_route": route });
        let verdict = match found {
            Ok(Some((subnet, table, internet))) => {
                let (gateways, blocks) = (internet.gateways(), internet.blocks());
                let route = json!({ "subnet": subnet, "route_table": table, "gateway": gateways,
                    "blocks": blocks });
                if internet.is_all {
                    Verdict::non_compliant(format!(
                        "{} is publicly accessible, and {subnet} routes to {gateways} ({table}).",
                        named(name)
                    ))
                } else {
                    let reason = format!(
                        "{} is publicly accessible; {subnet} routes only {blocks} to {gateways} \
                         ({table}).",
                        named(name)
                    );
                    if required {
                        Verdict::compliant(reason)
                    } else {
                        Verdict::non_compliant(reason)
                    }
                }
                .evidence(evidence(route))
            }
            Ok(None) if required => {
                let reason = format!(
                    "{} is publicly accessible, but none of its subnets routes to an internet \
                     gateway.",
                    named(name)
                );
                Verdict::compliant(reason).evidence(evidence(json!(null)))
            }
            Ok(None) => {
                let reason = format!(
                    "{} is publicly accessible; none of its subnets currently routes to an \
                     internet gateway.",
                    named(name)
                );
                Verdict::non_compliant(reason).evidence(evidence(json!(null)))
            }
            Err(why) if required => return Err(why),
            Err(_) => {
                let reason = format!(
                    "{} is publicly accessible. It is unknown whether its subnets route to an \
                     internet gateway.",
                    named(name)
                );
                Verdict::non_compliant(reason).evidence(evidence(json!("unknown")))
            }
        };
        Ok(verdict.command(command))
    }

    fn examples() -> Vec<Example> {
        examples::all()
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        databases::none(view)
    }
}

/// Returns the instance as the subject of a sentence.
fn named(name: &str) -> String {
    format!("DB instance '{name}'")
}
