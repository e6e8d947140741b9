//! The fix for an entry that opens administration ports. The fix allows these ports only from the
//! network of administrators and keeps all other traffic that the entry allows.

use std::collections::BTreeSet;

use ipnet::IpNet;
use plumbline_core::facts::NetworkAclEntry;
use plumbline_core::fix::{FixCommand, Input, Terraform};
use plumbline_core::parameters::{ParameterType, Ports};
use plumbline_core::prelude::*;
use serde_json::Value;

use crate::shared::admin_ports::protocol_name;

/// The highest rule number of an entry.
const LAST_NUMBER: i32 = 32_766;

/// The quota for entries of a network ACL per direction and address family, including the default
/// entry, unless the quota was raised:
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>.
const QUOTA: usize = 20;

/// All ports of a transport protocol.
const ALL_PORTS: (i32, i32) = (0, 65_535);

/// The protocol numbers of TCP and UDP.
const WITH_PORTS: [&str; 2] = ["6", "17"];

/// A part of the traffic that an entry allows: a protocol, and its ports if it has ports.
type Part = (String, Option<(i32, i32)>);

/// Describes an entry with its number, protocol, ports and source, and the parts that earlier
/// entries deny.
pub(super) fn describe(entry: &NetworkAclEntry, denied: &[IpNet]) -> String {
    let protocol = protocol_name(&entry.protocol);
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
    let but = if denied.is_empty() {
        String::new()
    } else {
        let denied: Vec<String> = denied.iter().map(ToString::to_string).collect();
        format!(" except {}, which earlier entries deny", denied.join(", "))
    };
    format!("entry {} allows {protocol}{ports} from {}{but}", entry.number, entry.source)
}

/// Returns the ports of an entry, or all ports if it has no range.
fn ports_of(entry: &NetworkAclEntry) -> (i32, i32) {
    entry.ports.filter(|(from, to)| *from >= 0 && *to >= 0).unwrap_or(ALL_PORTS)
}

/// Returns a range without some ports.
fn without(ports: &BTreeSet<i32>, (from, to): (i32, i32)) -> Vec<(i32, i32)> {
    let mut left = Vec::new();
    let mut start = from;
    for port in ports.range(from..=to) {
        if start < *port {
            left.push((start, port - 1));
        }
        start = port + 1;
    }
    if start <= to {
        left.push((start, to));
    }
    left
}

/// Returns the parts of an entry that stay open to its source.
fn kept(entry: &NetworkAclEntry, ports: &BTreeSet<i32>) -> Vec<Part> {
    let of = |protocol: &str, range| {
        let parts = without(ports, range).into_iter();
        parts.map(|range| (protocol.to_owned(), Some(range))).collect::<Vec<Part>>()
    };
    if entry.protocol != "-1" {
        return of(&entry.protocol, ports_of(entry));
    }
    let icmp = if entry.source.addr().is_ipv6() { "58" } else { "1" };
    let mut parts: Vec<Part> =
        WITH_PORTS.iter().flat_map(|protocol| of(protocol, ALL_PORTS)).collect();
    parts.push((icmp.to_owned(), None));
    parts
}

/// Returns `count` free rule numbers next to an entry, between the previous and the next entry, so
/// that the order relative to them does not change.
fn free_numbers(taken: &BTreeSet<i32>, number: i32, count: usize) -> Option<Vec<i32>> {
    let before = taken.range(..number).next_back().copied().unwrap_or(0);
    let after = taken.range(number + 1..).next().copied().unwrap_or(LAST_NUMBER + 1);
    let free = (number + 1..after).chain((before + 1..number).rev());
    let numbers: Vec<i32> = free.take(count).collect();
    (numbers.len() == count).then_some(numbers)
}

/// Returns a command for an entry, without its source.
fn command(
    failure: &Failure<'_>,
    operation: &'static str,
    number: i32,
    (protocol, ports): &Part,
) -> FixCommand {
    let command = failure
        .aws(operation)
        .option("--network-acl-id", failure.resource.resource_id.as_str())
        .flag("--ingress")
        .option("--rule-number", number.to_string())
        .option("--protocol", protocol.as_str())
        .option("--rule-action", "allow");
    match ports {
        Some((from, to)) => command.option("--port-range", format!("From={from},To={to}")),
        None if ["1", "58"].contains(&protocol.as_str()) => {
            command.option("--icmp-type-code", "Code=-1,Type=-1")
        }
        None => command,
    }
}

/// Returns the fix that restricts the entries of a failure.
pub(super) fn fix(failure: &Failure<'_>) -> Fix {
    let again = || Fix::by_hand("The report does not have the entries: scan again.");
    let numbers = failure.list("numbers").iter().filter_map(Value::as_i64);
    let numbers = numbers.filter_map(|one| i32::try_from(one).ok());
    // Higher numbers are the default entries of AWS for all other traffic.
    let mut taken: BTreeSet<i32> = numbers.filter(|number| *number <= LAST_NUMBER).collect();
    let parameter = failure.parameters.get("adminPorts").and_then(|text| Ports::parse(text));
    let Some(Ports(ports)) = parameter.filter(|_| !taken.is_empty()) else { return again() };
    let ports: BTreeSet<i32> = ports.into_iter().map(i32::from).collect();
    let (mut added, mut narrowed) = (Vec::new(), Vec::new());
    let mut fix = Fix::new();
    let mut undo = Vec::new();
    for entry in failure.list("allowing") {
        let Ok(entry) = serde_json::from_value::<NetworkAclEntry>(entry.clone()) else {
            return again();
        };
        // The network of administrators may be outside all parts.
        if entry.source.prefix_len() > 0 {
            return Fix::by_hand(
                "Several entries together open the port to all addresses. A person has to decide \
                 which of them are for administrators, and restrict their sources.",
            );
        }
        let (option, name, what) = if entry.source.addr().is_ipv6() {
            ("--ipv6-cidr-block", "ADMIN_NETWORK_IPV6", "the IPv6 network of administrators")
        } else {
            ("--cidr-block", "ADMIN_NETWORK", "the IPv4 network of administrators, as a CIDR block")
        };
        let parts = kept(&entry, &ports);
        let Some(free) = free_numbers(&taken, entry.number, parts.len()) else {
            return Fix::by_hand(format!(
                "Entry {} also allows other traffic, and too few rule numbers next to it are free \
                 for entries that keep this traffic. Renumber the entries first.",
                entry.number
            ));
        };
        for (part, number) in parts.iter().zip(&free) {
            let create = command(failure, "ec2 create-network-acl-entry", *number, part);
            added.push(create.option(option, entry.source.to_string()));
        }
        let has_ports = WITH_PORTS.contains(&entry.protocol.as_str());
        let whole = (entry.protocol.clone(), has_ports.then(|| ports_of(&entry)));
        let replace = command(failure, "ec2 replace-network-acl-entry", entry.number, &whole);
        narrowed.push(replace.option(option, Input::shared(name, what)));
        let others =
            if entry.protocol == "-1" { " and protocols other than TCP, UDP and ICMP" } else { "" };
        fix = fix.effect(
            FixEffect::Disruptive,
            format!(
                "{}. Afterwards, the entry allows the administration ports{others} only from the \
                 network of administrators.",
                describe(&entry, &[])
            ),
        );
        undo.push(format!("entry {}", entry.number));
        taken.extend(free);
    }
    if narrowed.is_empty() {
        return again();
    }
    let mut undone = format!(
        "aws ec2 replace-network-acl-entry with the previous source for {}",
        undo.join(" and ")
    );
    if !added.is_empty() {
        undone.push_str("; aws ec2 delete-network-acl-entry --ingress for each added entry");
        fix = fix.note(
            "The script first adds entries for the traffic that stays allowed, with free rule \
             numbers.",
        );
    }
    if taken.len() >= QUOTA {
        fix = fix.note(format!(
            "Afterwards, the network ACL has {} entries in addition to the default entry. The \
             quota is {QUOTA} entries for IPv4 and {QUOTA} for IPv6, including the default entry, \
             unless it was raised. Check the quota first.",
            taken.len()
        ));
    }
    added
        .into_iter()
        .chain(narrowed)
        .fold(fix, Fix::command)
        .note(
            "Network ACLs are stateless: replies to connections that use one of these ports as the \
             local port are blocked too.",
        )
        .undo(undone)
        .terraform(Terraform::Argument(
            "aws_network_acl_rule: cidr_block = the network of administrators, and additional \
             rules for the other ports"
                .to_owned(),
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_stay() {
        let ports = BTreeSet::from([22, 3389]);
        assert_eq!(without(&ports, ALL_PORTS), [(0, 21), (23, 3388), (3390, 65_535)]);
        assert_eq!(without(&ports, (22, 22)), []);
        assert_eq!(without(&ports, (22, 23)), [(23, 23)]);
        assert_eq!(without(&BTreeSet::from([0, 65_535]), ALL_PORTS), [(1, 65_534)]);
    }

    #[test]
    fn numbers_that_are_free() {
        let taken = BTreeSet::from([98, 100, 102]);
        assert_eq!(free_numbers(&taken, 100, 2), Some(vec![101, 99]));
        assert_eq!(free_numbers(&taken, 100, 3), None);
        assert_eq!(free_numbers(&BTreeSet::from([32_766]), 32_766, 1), Some(vec![32_765]));
        assert_eq!(free_numbers(&BTreeSet::from([1, 2]), 1, 1), None);
    }
}
