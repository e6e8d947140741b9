//! 5.1: no network ACL opens administration to the world.

use ipnet::IpNet;
use plumbline_core::facts::{NetworkAcl, NetworkAclEntry, NetworkAcls};
use plumbline_core::parameters::Ports;
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::address_blocks::{Family, covers_everything};
use crate::shared::admin_ports::{PROTOCOLS, contains};

plumbline_core::control! {
    /// No network ACL lets administration ports in from all addresses.
    ///
    /// ## Why
    /// The network ACL is the second lock behind the security group. Where it lets SSH and RDP in
    /// from everywhere, one careless group is enough to expose an instance.
    ///
    /// ## Decision
    /// For each network ACL that the account owns: no ingress entry that allows TCP, UDP or all
    /// traffic with one of `adminPorts` in its range has `0.0.0.0/0` as its source, or, with
    /// `includeIpv6`, `::/0`. Entries count together: `0.0.0.0/1` beside `128.0.0.0/1` is
    /// everywhere. Each allowing entry counts wherever it stands; with `honourRuleOrder` one does
    /// not whose whole source earlier entries deny for the port. The ACL that AWS makes with a VPC
    /// lets everything in and fails.
    ///
    /// ## Remediation
    /// Replace the entry by one for the addresses of your own network, or deny the ports before it
    /// and set `honourRuleOrder`.
    ///
    /// ```sh
    /// aws ec2 replace-network-acl-entry --network-acl-id acl-… --ingress --rule-number 100 --protocol tcp --port-range From=22,To=22 --cidr-block 198.51.100.0/24 --rule-action allow
    /// ```
    pub(crate) struct NaclAdminPorts: ResourceControl;
    id: ControlId::new("5.1"),
    slug: "nacl-admin-ports",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["13.9"],
    safeguards_v7: &["9.2", "12.4"],
    since: "0.1.0",
    facts: &[FactKind::NetworkAcls],
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The ports that only administrators use.
        admin_ports: Ports = ("adminPorts", "22,3389"),
        /// Whether entries for all IPv6 addresses count too.
        include_ipv6: bool = ("includeIpv6", "false"),
        /// Whether an allowing entry is excused when earlier entries deny the port to all of its
        /// source.
        honour_rule_order: bool = ("honourRuleOrder", "false"),
    }
}

/// The first of the ports that the ACL lets in from everywhere, with the entries that do it
/// together.
fn opening<'a>(
    acl: &'a NetworkAcl,
    parameters: &Parameters,
) -> Option<(u16, Family, Vec<&'a NetworkAclEntry>)> {
    let families: &[Family] =
        if parameters.include_ipv6 { &[Family::V4, Family::V6] } else { &[Family::V4] };
    for port in &parameters.admin_ports.0 {
        for (family, protocol) in
            families.iter().flat_map(|family| PROTOCOLS.map(|protocol| (*family, protocol)))
        {
            let mut entries: Vec<&NetworkAclEntry> = acl
                .ingress
                .iter()
                .filter(|entry| family.has(&entry.source) && is_about(entry, protocol, *port))
                .collect();
            entries.sort_by_key(|entry| entry.number);
            let denied_before = |entry: &NetworkAclEntry| {
                let denied = entries
                    .iter()
                    .filter(|other| !other.allow && other.number < entry.number)
                    .map(|other| other.source)
                    .collect();
                IpNet::aggregate(&denied).iter().any(|denied| denied.contains(&entry.source))
            };
            let allowing = entries.iter().filter(|entry| {
                entry.allow && !(parameters.honour_rule_order && denied_before(entry))
            });
            let allowing: Vec<&NetworkAclEntry> = allowing.copied().collect();
            if covers_everything(&allowing.iter().map(|entry| entry.source).collect::<Vec<_>>()) {
                return Some((*port, family, allowing));
            }
        }
    }
    None
}

fn is_about(entry: &NetworkAclEntry, protocol: (&str, &str), port: u16) -> bool {
    contains(
        &entry.protocol,
        entry.ports.map(|(from, _)| from),
        entry.ports.map(|(_, to)| to),
        protocol,
        port,
    )
}

/// Number, protocol, ports and source of an entry.
fn describe(entry: &NetworkAclEntry) -> String {
    let protocol = match entry.protocol.as_str() {
        "-1" => "all traffic",
        "6" => "tcp",
        "17" => "udp",
        other => other,
    };
    let ports = match entry.ports {
        Some((from, to)) if entry.protocol != "-1" => {
            if from == to {
                format!(" {from}")
            } else {
                format!(" {from}-{to}")
            }
        }
        _ => String::new(),
    };
    format!("entry {} allows {protocol}{ports} from {}", entry.number, entry.source)
}

impl ResourceControl for NaclAdminPorts {
    type Resource = NetworkAcl;
    type Parameters = Parameters;

    fn evaluate(acl: &Subject<'_, NetworkAcl>, _: &View<'_>, parameters: &Parameters) -> Assessed {
        Ok(match opening(acl, parameters) {
            None => Verdict::compliant("No administration port is let in from everywhere.")
                .evidence(json!({ "vpc": acl.vpc })),
            Some((port, family, entries)) => {
                let described: Vec<String> = entries.into_iter().map(describe).collect();
                Verdict::non_compliant(format!(
                    "Port {port} is let in from {}: {}.",
                    family.anywhere(),
                    described.join("; ")
                ))
                .evidence(json!({
                    "vpc": acl.vpc, "port": port, "entries": described
                }))
            }
        })
    }

    fn examples() -> Vec<Example> {
        let entry = |number, allow, protocol: &str, ports, source: &str| {
            source.parse().ok().map(|source| NetworkAclEntry {
                number,
                allow,
                protocol: protocol.to_owned(),
                ports,
                source,
            })
        };
        let rest = || entry(32_767, false, "-1", None, "0.0.0.0/0");
        let acl = |owner: &str, entries: Vec<Option<NetworkAclEntry>>| NetworkAcl {
            id: "acl-1".to_owned(),
            owner: owner.to_owned(),
            vpc: "vpc-1".to_owned(),
            ingress: entries.into_iter().chain([rest()]).flatten().collect(),
        };
        let with = |situation, entries| {
            Example::new(situation).region(NetworkAcls(vec![acl(ACCOUNT_ID, entries)]))
        };
        let ordered =
            |situation, entries| with(situation, entries).parameter("honourRuleOrder", "true");
        let (ssh, rdp, everywhere) = (Some((22, 22)), Some((3389, 3389)), "0.0.0.0/0");
        let closed = "No administration port";
        vec![
            with("the ACL that AWS makes", vec![entry(100, true, "-1", None, everywhere)]).fails(
                "acl-1",
                "Port 22 is let in from 0.0.0.0/0: entry 100 allows all traffic from 0.0.0.0/0.",
            ),
            with("SSH from everywhere", vec![entry(100, true, "6", ssh, everywhere)])
                .fails("acl-1", "entry 100 allows tcp 22 from"),
            with("RDP over UDP", vec![entry(100, true, "17", rdp, everywhere)])
                .fails("acl-1", "Port 3389"),
            with(
                "a range that contains 3389",
                vec![entry(100, true, "6", Some((1024, 65535)), everywhere)],
            )
            .fails("acl-1", "tcp 1024-65535"),
            with(
                "two halves of the world",
                vec![
                    entry(100, true, "6", ssh, "0.0.0.0/1"),
                    entry(110, true, "-1", None, "128.0.0.0/1"),
                ],
            )
            .fails("acl-1", "entry 110 allows all traffic from 128.0.0.0/1"),
            with(
                "HTTPS from everywhere and SSH from one network",
                vec![
                    entry(100, true, "6", Some((443, 443)), everywhere),
                    entry(110, true, "6", ssh, "10.0.0.0/8"),
                ],
            )
            .passes("acl-1", closed),
            with(
                "the ports beside 22 and 3389 from everywhere",
                vec![
                    entry(100, true, "6", Some((1, 21)), everywhere),
                    entry(110, true, "6", Some((23, 3388)), everywhere),
                ],
            )
            .passes("acl-1", closed),
            with("no entry but the last", Vec::new()).passes("acl-1", closed),
            with("ICMP from everywhere", vec![entry(100, true, "1", None, everywhere)])
                .passes("acl-1", closed),
            with("SSH from all IPv6 addresses", vec![entry(100, true, "6", ssh, "::/0")])
                .passes("acl-1", closed),
            with(
                "SSH from all IPv6 addresses, which count",
                vec![entry(100, true, "6", ssh, "::/0")],
            )
            .parameter("includeIpv6", "true")
            .fails("acl-1", "Port 22 is let in from ::/0"),
            with(
                "denied before it is allowed",
                vec![
                    entry(90, false, "6", ssh, everywhere),
                    entry(91, false, "6", rdp, everywhere),
                    entry(100, true, "6", None, everywhere),
                ],
            )
            .fails("acl-1", "entry 100"),
            ordered(
                "denied before it is allowed, and the order counts",
                vec![
                    entry(100, true, "6", None, everywhere),
                    entry(90, false, "6", ssh, everywhere),
                    entry(91, false, "6", rdp, everywhere),
                ],
            )
            .passes("acl-1", closed),
            ordered(
                "denied after it is allowed, and the order counts",
                vec![
                    entry(100, true, "6", ssh, everywhere),
                    entry(110, false, "6", ssh, everywhere),
                ],
            )
            .fails("acl-1", "entry 100"),
            ordered(
                "denied to both halves of the world before it is allowed",
                vec![
                    entry(90, false, "-1", None, "0.0.0.0/1"),
                    entry(91, false, "-1", None, "128.0.0.0/1"),
                    entry(100, true, "6", ssh, everywhere),
                ],
            )
            .passes("acl-1", closed),
            ordered(
                "one half of the world allowed and denied before, the other one allowed",
                vec![
                    entry(90, false, "6", ssh, "0.0.0.0/1"),
                    entry(100, true, "6", ssh, "0.0.0.0/1"),
                    entry(110, true, "6", ssh, "128.0.0.0/1"),
                ],
            )
            .passes("acl-1", closed),
            ordered(
                "denied over TCP only before all traffic is allowed",
                vec![
                    entry(90, false, "6", None, everywhere),
                    entry(100, true, "-1", None, everywhere),
                ],
            )
            .fails("acl-1", "Port 22"),
            ordered(
                "denied to one network before it is allowed",
                vec![
                    entry(90, false, "-1", None, "10.0.0.0/8"),
                    entry(100, true, "6", ssh, everywhere),
                ],
            )
            .fails("acl-1", "entry 100"),
            with(
                "another port named by the parameter",
                vec![entry(100, true, "6", Some((5432, 5432)), everywhere)],
            )
            .parameter("adminPorts", "5432")
            .fails("acl-1", "Port 5432"),
            Example::new("an ACL that another account shares")
                .region(NetworkAcls(vec![acl(
                    "999988887777",
                    vec![entry(100, true, "-1", None, everywhere)],
                )]))
                .expect(Compliance::Compliant, "no network ACLs to evaluate"),
            Example::new("the ACLs may not be described")
                .denied(Key::region(FactKind::NetworkAcls, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeNetworkAcls"),
        ]
    }
}
