//! Shared code of 5.2 and 5.3: rules that open a port to all addresses.

mod examples;

use std::collections::BTreeSet;

use ipnet::IpNet;
use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule};
use plumbline_core::fix::Terraform;
use plumbline_core::parameters::Ports;
use plumbline_core::prelude::*;
use serde_json::json;

pub(crate) use self::examples::examples;
use super::address_blocks::{Family, all_addresses};

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The administration ports to evaluate.
        admin_ports: Ports = ("adminPorts", "22,3389", Missing),
    }
}

fn of_rule(family: Family, rule: &SecurityGroupRule) -> Vec<IpNet> {
    match family {
        Family::V4 => rule.ipv4.iter().copied().map(IpNet::V4).collect(),
        Family::V6 => rule.ipv6.iter().copied().map(IpNet::V6).collect(),
    }
}

fn of_list(family: Family, list: &PrefixListEntries) -> Vec<IpNet> {
    match family {
        Family::V4 => list.ipv4.iter().copied().map(IpNet::V4).collect(),
        Family::V6 => list.ipv6.iter().copied().map(IpNet::V6).collect(),
    }
}

/// The transport protocols with ports, with their protocol numbers.
pub(crate) const PROTOCOLS: [(&str, &str); 2] = [("tcp", "6"), ("udp", "17")];

/// Returns whether a protocol and a port range contain a port of a transport protocol. Without a
/// range, all ports count.
pub(crate) fn contains(
    protocol: &str,
    from: Option<i32>,
    to: Option<i32>,
    (name, number): (&str, &str),
    port: u16,
) -> bool {
    if protocol == "-1" || protocol.eq_ignore_ascii_case("all") {
        return true;
    }
    let same = protocol.eq_ignore_ascii_case(name) || protocol == number;
    let all = |end: Option<i32>| end.is_none_or(|end| end == -1);
    same && (all(from) || all(to) || (from <= Some(port.into()) && Some(port.into()) <= to))
}

/// Returns the name of a protocol: `tcp` for 6.
pub(crate) fn protocol_name(protocol: &str) -> &str {
    let of_number = PROTOCOLS.iter().find(|(_, number)| *number == protocol);
    match protocol {
        "-1" => "all traffic",
        _ => of_number.map_or(protocol, |(name, _)| name),
    }
}

fn opens(rule: &SecurityGroupRule, protocol: (&str, &str), port: u16) -> bool {
    contains(&rule.protocol, rule.from_port, rule.to_port, protocol, port)
}

/// A port that a security group opens to all addresses.
struct Opening {
    port: u16,
    /// The sources of the rules together.
    sources: &'static str,
    /// The descriptions of the rules: protocol, ports and sources.
    rules: BTreeSet<String>,
    /// The indexes of these rules in the group.
    causes: Vec<usize>,
    /// The CIDR blocks of the rules that cover all addresses together.
    wide: Vec<IpNet>,
    /// Whether a prefix list is one of the sources.
    has_list: bool,
}

/// Returns the first port that rules open to all addresses of a family, for one transport protocol,
/// with the rules that open the port together.
fn opening(
    all: &[SecurityGroupRule],
    view: &View<'_>,
    region: &str,
    ports: &[u16],
    family: Family,
) -> Result<Option<Opening>, NotAssessed> {
    let mut unknown = None;
    for port in ports {
        for protocol in PROTOCOLS {
            let rules = || all.iter().enumerate().filter(|(_, rule)| opens(rule, protocol, *port));
            let mut blocks: Vec<IpNet> =
                rules().flat_map(|(_, rule)| of_rule(family, rule)).collect();
            for id in rules().flat_map(|(_, rule)| &rule.prefix_lists) {
                match view.related::<PrefixListEntries>(region, id) {
                    Ok(list) => blocks.extend(of_list(family, list)),
                    Err(why) => unknown = Some(why),
                }
            }
            if let Some(sources) = all_addresses(&blocks) {
                let alone =
                    |rule: &SecurityGroupRule| all_addresses(&of_rule(family, rule)).is_some();
                let any_alone = rules().any(|(_, rule)| alone(rule));
                let causes: Vec<(usize, &SecurityGroupRule)> =
                    rules().filter(|(_, rule)| !any_alone || alone(rule)).collect();
                return Ok(Some(Opening {
                    port: *port,
                    sources,
                    wide: widest(causes.iter().flat_map(|(_, rule)| of_rule(family, rule))),
                    has_list: !any_alone
                        && causes.iter().any(|(_, rule)| !rule.prefix_lists.is_empty()),
                    rules: causes.iter().filter_map(|(_, rule)| describe(rule, family)).collect(),
                    causes: causes.into_iter().map(|(place, _)| place).collect(),
                }));
            }
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// All rules that open one of the ports, and the permissions to revoke.
struct Openings {
    /// The first opening, and those that remain without the sources of the previous openings.
    all: Vec<Opening>,
    /// The sources that cover all addresses together, in the form of `--ip-permissions`. Nothing if
    /// a prefix list is one of the sources.
    permissions: Option<String>,
}

fn openings(
    group: &SecurityGroup,
    view: &View<'_>,
    ports: &[u16],
    family: Family,
) -> Result<Option<Openings>, NotAssessed> {
    let mut left = group.ingress.clone();
    let Some(mut next) = opening(&left, view, &group.region, ports, family)? else {
        return Ok(None);
    };
    let mut all = Vec::new();
    loop {
        for place in &next.causes {
            let Some(rule) = left.get_mut(*place) else { continue };
            rule.ipv4.retain(|block| !next.wide.contains(&IpNet::V4(*block)));
            rule.ipv6.retain(|block| !next.wide.contains(&IpNet::V6(*block)));
        }
        let has_list = next.has_list;
        all.push(next);
        // From here on, a prefix list that cannot be read does not change the verdict.
        match opening(&left, view, &group.region, ports, family) {
            // An opening without a CIDR block or a prefix list would be found again.
            Ok(Some(more)) if !has_list && (more.has_list || !more.wide.is_empty()) => next = more,
            _ => break,
        }
    }
    let has_list = all.iter().any(|opening| opening.has_list);
    let taken = group.ingress.iter().zip(&left).map(|(whole, left)| SecurityGroupRule {
        ipv4: whole.ipv4.iter().copied().filter(|block| !left.ipv4.contains(block)).collect(),
        ipv6: whole.ipv6.iter().copied().filter(|block| !left.ipv6.contains(block)).collect(),
        prefix_lists: Vec::new(),
        groups: Vec::new(),
        ..whole.clone()
    });
    let taken: Vec<SecurityGroupRule> = taken.collect();
    Ok(Some(Openings { all, permissions: permissions(&taken).filter(|_| !has_list) }))
}

/// Returns the CIDR blocks that are necessary to cover all addresses. Smaller and redundant blocks
/// are left out, so their sources keep access.
fn widest(blocks: impl Iterator<Item = IpNet>) -> Vec<IpNet> {
    let mut wide: Vec<IpNet> = blocks.collect();
    wide.sort_by_key(|block| std::cmp::Reverse(block.prefix_len()));
    wide.dedup();
    let mut open = wide.clone();
    // The smallest blocks first: the others may cover all addresses without them.
    wide.retain(|block| {
        let without: Vec<IpNet> = open.iter().copied().filter(|other| other != block).collect();
        let is_needed = all_addresses(&without).is_none();
        if !is_needed {
            open = without;
        }
        is_needed
    });
    wide.sort();
    wide
}

/// Describes a rule with its protocol, ports and sources. Returns nothing if the rule has no
/// sources of the family.
fn describe(rule: &SecurityGroupRule, family: Family) -> Option<String> {
    let blocks = of_rule(family, rule).into_iter().map(|block| block.to_string());
    let sources: Vec<String> = blocks.chain(rule.prefix_lists.iter().cloned()).collect();
    let protocol = protocol_name(&rule.protocol);
    let ports = match (rule.from_port, rule.to_port) {
        (Some(-1), _) | (None, _) | (_, None) => String::new(),
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
    };
    (!sources.is_empty()).then(|| format!("{protocol}{ports} from {}", sources.join(", ")))
}

/// Returns rules in the form of the AWS CLI option `--ip-permissions`, or nothing if no rule has a
/// source.
pub(crate) fn permissions<'a>(
    rules: impl IntoIterator<Item = &'a SecurityGroupRule>,
) -> Option<String> {
    let one = |rule: &SecurityGroupRule| {
        let mut permission = serde_json::Map::new();
        permission.insert("IpProtocol".to_owned(), json!(rule.protocol));
        for (name, end) in [("FromPort", rule.from_port), ("ToPort", rule.to_port)] {
            if let Some(end) = end {
                permission.insert(name.to_owned(), json!(end));
            }
        }
        let mut add = |name: &str, member: &str, values: Vec<String>| {
            let sources: Vec<_> = values.iter().map(|value| json!({ member: value })).collect();
            if !sources.is_empty() {
                permission.insert(name.to_owned(), json!(sources));
            }
        };
        let blocks = |of: Family| -> Vec<String> {
            of_rule(of, rule).iter().map(ToString::to_string).collect()
        };
        add("IpRanges", "CidrIp", blocks(Family::V4));
        add("Ipv6Ranges", "CidrIpv6", blocks(Family::V6));
        add("PrefixListIds", "PrefixListId", rule.prefix_lists.clone());
        add("UserIdGroupPairs", "GroupId", rule.groups.clone());
        let has_source = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"]
            .iter()
            .any(|name| permission.contains_key(*name));
        has_source.then_some(permission)
    };
    let permissions: Vec<_> = rules.into_iter().filter_map(one).collect();
    (!permissions.is_empty()).then(|| json!(permissions).to_string())
}

/// Returns the words of the command that revokes permissions of a security group.
pub(crate) fn revoke<'a>(
    group: &'a SecurityGroup,
    verb: &'a str,
    permissions: &'a str,
) -> [&'a str; 8] {
    let (id, region) = (group.id.as_str(), group.region.as_str());
    ["ec2", verb, "--region", region, "--group-id", id, "--ip-permissions", permissions]
}

/// Returns the fix for a failure of 5.2 or 5.3.
pub(crate) fn fix(failure: &Failure<'_>) -> Fix {
    if failure.remedy.is_none() {
        return Fix::by_hand(
            "A prefix list is one of the sources: remove its widest entries, or remove the rule \
             with the prefix list.",
        );
    }
    failure
        .of_finding(&["ec2 revoke-security-group-ingress"], &[])
        .effect(FixEffect::Disruptive, "connections that use these rules are cut.")
        .note("Alternatively, restrict the source to your own network.")
        .undo("authorize-security-group-ingress with the same permissions")
        .terraform(Terraform::Argument(
            "aws_vpc_security_group_ingress_rule, or ingress of aws_security_group: remove the \
             sources in the reason"
                .to_owned(),
        ))
}

/// Decides whether a group opens an administration port to all addresses of a family.
pub(crate) fn evaluate(
    group: &SecurityGroup,
    view: &View<'_>,
    parameters: &Parameters,
    family: Family,
) -> Assessed {
    let anywhere = family.anywhere();
    let ports = &parameters.admin_ports.0;
    let Some(Openings { all, permissions }) = openings(group, view, ports, family)? else {
        let verdict = Verdict::compliant(format!("No administration port is open to {anywhere}."));
        return Ok(verdict.evidence(json!({ "vpc": group.vpc, "name": group.name })));
    };
    let sentence = |Opening { port, sources, rules, .. }: &Opening| {
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        format!("Port {port} is open to {sources}: {}.", rules.join("; "))
    };
    let reason = all.iter().map(sentence).collect::<Vec<_>>().join(" ");
    let rules: BTreeSet<&String> = all.iter().flat_map(|opening| &opening.rules).collect();
    let port = all.first().map(|opening| opening.port);
    let verdict = Verdict::non_compliant(reason)
        .evidence(json!({ "vpc": group.vpc, "name": group.name, "port": port, "rules": rules }));
    Ok(match &permissions {
        Some(permissions) => {
            verdict.command(revoke(group, "revoke-security-group-ingress", permissions))
        }
        None => verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, from: Option<i32>, to: Option<i32>) -> SecurityGroupRule {
        SecurityGroupRule {
            protocol: protocol.to_owned(),
            from_port: from,
            to_port: to,
            ..SecurityGroupRule::default()
        }
    }

    #[test]
    fn rules_and_ports() {
        let tcp = ("tcp", "6");
        for opens_22 in [
            rule("-1", None, None),
            rule("tcp", Some(22), Some(22)),
            rule("TCP", Some(0), Some(65535)),
            rule("6", Some(20), Some(25)),
            rule("tcp", None, None),
        ] {
            assert!(opens(&opens_22, tcp, 22), "{opens_22:?}");
        }
        for other in [
            rule("udp", Some(22), Some(22)),
            rule("tcp", Some(23), Some(80)),
            rule("tcp", Some(1), Some(21)),
            rule("icmp", Some(-1), Some(-1)),
            rule("58", None, None),
        ] {
            assert!(!opens(&other, tcp, 22), "{other:?}");
        }
    }
}
