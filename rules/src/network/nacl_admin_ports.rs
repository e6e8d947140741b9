//! 5.1: administration ports in network ACLs.

mod examples;
mod remedy;

use ipnet::IpNet;
use plumbline_core::facts::{NetworkAcl, NetworkAclEntry};
use plumbline_core::parameters::Ports;
use plumbline_core::prelude::*;
use serde_json::json;

use self::remedy::describe;
use crate::shared::address_blocks::{Family, all_addresses, cover_what_is_public};
use crate::shared::admin_ports::{PROTOCOLS, contains};

plumbline_core::control! {
    /// Network ACLs do not open administration ports to 0.0.0.0/0
    ///
    /// ## Why
    /// A network ACL is a second layer of protection in addition to security groups. If it allows
    /// SSH and RDP from all addresses, a single misconfigured security group exposes an instance.
    ///
    /// ## Decision
    /// For each network ACL that the account owns: no inbound entry allows one of `adminPorts` from
    /// `0.0.0.0/0` or, with `includeIpv6`, from `::/0`. Entries for TCP, UDP and all traffic are
    /// evaluated. The sources of several entries are combined: `0.0.0.0/1` and `128.0.0.0/1`
    /// together fail, and so do all public addresses. Each allow entry counts, regardless of its
    /// position. With `honourRuleOrder`, an allow entry does not count if earlier entries deny the
    /// port for its whole source, or for all public addresses of its source. The default network
    /// ACL that AWS creates with a VPC allows all inbound traffic and fails.
    ///
    /// ## Remediation
    /// Restrict the source of the inbound entry that opens the port to your own CIDR block, or deny
    /// the ports in an earlier entry and set `honourRuleOrder`. If the entry also allows other
    /// traffic, first add entries for that traffic.
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
    fix: remedy::fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The administration ports to evaluate.
        admin_ports: Ports = ("adminPorts", "22,3389", Missing),
        /// Whether entries with the source `::/0` are evaluated too.
        include_ipv6: bool = ("includeIpv6", "false", False),
        /// Whether an allow entry passes if earlier entries deny the port for its whole source.
        honour_rule_order: bool = ("honourRuleOrder", "false", True),
    }
}

/// A port that a network ACL opens to all addresses.
struct AclOpening {
    port: u16,
    /// The allow entries.
    allowing: Vec<NetworkAclEntry>,
    /// The transport protocol.
    protocol: &'static str,
    /// The sources of the entries together, or nothing if earlier entries deny a part.
    sources: Option<&'static str>,
    /// The descriptions of the entries.
    entries: Vec<String>,
}

/// Returns the first port that the network ACL opens to all addresses, with the entries that open
/// the port together.
fn opening(acl: &NetworkAcl, parameters: &Parameters) -> Option<AclOpening> {
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
            // The sources that earlier entries deny, if the order counts.
            let denied_before = |entry: &NetworkAclEntry| {
                let denied = entries
                    .iter()
                    .filter(|other| {
                        parameters.honour_rule_order && !other.allow && other.number < entry.number
                    })
                    .map(|other| other.source)
                    .collect();
                IpNet::aggregate(&denied)
            };
            let is_denied = |entry: &NetworkAclEntry| {
                let denied = denied_before(entry);
                !denied.is_empty() && cover_what_is_public(&denied, &entry.source)
            };
            let allowing: Vec<&NetworkAclEntry> =
                entries.iter().copied().filter(|entry| entry.allow && !is_denied(entry)).collect();
            let sources: Vec<IpNet> = allowing.iter().map(|entry| entry.source).collect();
            if let Some(sources) = all_addresses(&sources) {
                let parts = |entry: &&NetworkAclEntry| -> Vec<IpNet> {
                    let mut parts = denied_before(entry);
                    parts.retain(|denied| entry.source.contains(denied));
                    parts
                };
                return Some(AclOpening {
                    port: *port,
                    protocol: if protocol.0 == "tcp" { "TCP" } else { "UDP" },
                    sources: allowing
                        .iter()
                        .all(|entry| parts(entry).is_empty())
                        .then_some(sources),
                    entries: allowing.iter().map(|entry| describe(entry, &parts(entry))).collect(),
                    allowing: allowing.into_iter().cloned().collect(),
                });
            }
        }
    }
    None
}

/// Returns the first opening, and those that remain without the entries of the previous openings.
fn openings(acl: &NetworkAcl, parameters: &Parameters) -> Vec<AclOpening> {
    let mut left = acl.clone();
    let mut all = Vec::new();
    while let Some(found) = opening(&left, parameters) {
        left.ingress.retain(|entry| !found.allowing.contains(entry));
        all.push(found);
    }
    all
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

impl ResourceControl for NaclAdminPorts {
    type Resource = NetworkAcl;
    type Parameters = Parameters;

    fn evaluate(acl: &Subject<'_, NetworkAcl>, _: &View<'_>, parameters: &Parameters) -> Assessed {
        let all = openings(acl, parameters);
        let Some(first) = all.first() else {
            let anywhere = if parameters.include_ipv6 { "0.0.0.0/0 or ::/0" } else { "0.0.0.0/0" };
            let verdict =
                Verdict::compliant(format!("No administration port is open to {anywhere}."));
            return Ok(verdict.evidence(json!({ "vpc": acl.vpc })));
        };
        let sentence = |AclOpening { port, protocol, sources, entries, .. }: &AclOpening| {
            let to = sources.map_or_else(String::new, |sources| format!(" to {sources}"));
            format!("Port {port} is open{to} over {protocol}: {}.", entries.join("; "))
        };
        let reason = all.iter().map(sentence).collect::<Vec<_>>().join(" ");
        let entries: Vec<&String> = all.iter().flat_map(|opening| &opening.entries).collect();
        let allowing: Vec<&NetworkAclEntry> =
            all.iter().flat_map(|opening| &opening.allowing).collect();
        let mut numbers: Vec<i32> = acl.ingress.iter().map(|entry| entry.number).collect();
        numbers.sort_unstable();
        Ok(Verdict::non_compliant(reason).evidence(json!({
            "vpc": acl.vpc, "port": first.port, "entries": entries, "allowing": allowing,
            "numbers": numbers
        })))
    }

    fn examples() -> Vec<Example> {
        examples::all()
    }
}
