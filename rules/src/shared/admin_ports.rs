//! What opens a port to the whole world, and what 5.2 and 5.3 share.

use std::collections::BTreeSet;

use ipnet::IpNet;
use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule, SecurityGroups};
use plumbline_core::fix::Terraform;
use plumbline_core::parameters::Ports;
use plumbline_core::prelude::*;
use serde_json::json;

use super::address_blocks::{Family, everywhere};

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// The ports that only administrators use.
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

/// The transport protocols that have ports, with their number.
pub(crate) const PROTOCOLS: [(&str, &str); 2] = [("tcp", "6"), ("udp", "17")];

/// Whether a protocol and a range of ports contain a port of a transport protocol. All ports count
/// where there is no range.
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

/// A protocol in words: `tcp` for 6.
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

/// A port that a group opens to the whole world.
struct Opening {
    port: u16,
    /// To what they open it together.
    sources: &'static str,
    /// The rules that open it: protocol, ports and sources.
    rules: BTreeSet<String>,
    /// Those of them with the sources that are all addresses together, as `--ip-permissions` takes
    /// them; none where a prefix list is one of those.
    permissions: Option<String>,
}

/// The first of the ports that a group's ingress rules open to all addresses of a family, for one
/// transport protocol, with the sources that do it together.
fn opening(
    group: &SecurityGroup,
    view: &View<'_>,
    ports: &[u16],
    family: Family,
) -> Result<Option<Opening>, NotAssessed> {
    let mut unknown = None;
    for port in ports {
        for protocol in PROTOCOLS {
            let rules = || group.ingress.iter().filter(|rule| opens(rule, protocol, *port));
            let mut blocks: Vec<IpNet> = rules().flat_map(|rule| of_rule(family, rule)).collect();
            for id in rules().flat_map(|rule| &rule.prefix_lists) {
                match view.related::<PrefixListEntries>(&group.region, id) {
                    Ok(list) => blocks.extend(of_list(family, list)),
                    Err(why) => unknown = Some(why),
                }
            }
            if let Some(sources) = everywhere(&blocks) {
                let alone =
                    |rule: &&SecurityGroupRule| everywhere(&of_rule(family, rule)).is_some();
                let causes: Vec<&SecurityGroupRule> = if rules().any(|rule| alone(&rule)) {
                    rules().filter(alone).collect()
                } else {
                    rules().collect()
                };
                let has_list =
                    causes.iter().any(|rule| !rule.prefix_lists.is_empty() && !alone(rule));
                let wide = widest(causes.iter().flat_map(|rule| of_rule(family, rule)));
                return Ok(Some(Opening {
                    port: *port,
                    sources,
                    permissions: permissions(causes.iter().copied(), Some(&wide))
                        .filter(|_| !has_list),
                    rules: causes.into_iter().filter_map(|rule| describe(rule, family)).collect(),
                }));
            }
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// The blocks that lie in no other one: who has a smaller one of their own keeps access.
fn widest(blocks: impl Iterator<Item = IpNet>) -> Vec<IpNet> {
    let all: Vec<IpNet> = blocks.collect();
    let is_within = |block: &IpNet| all.iter().any(|other| other != block && other.contains(block));
    all.iter().copied().filter(|block| !is_within(block)).collect()
}

/// Protocol, ports and sources of a rule; nothing when it has no sources of the family.
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

/// Rules as the option `--ip-permissions` of the AWS CLI takes them: whole rules, or of some blocks
/// only, so that nobody else loses access. None where nothing is left.
pub(crate) fn permissions<'a>(
    rules: impl IntoIterator<Item = &'a SecurityGroupRule>,
    only: Option<&[IpNet]>,
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
            let is_asked = |block: &&IpNet| only.is_none_or(|only| only.contains(block));
            of_rule(of, rule).iter().filter(is_asked).map(ToString::to_string).collect()
        };
        add("IpRanges", "CidrIp", blocks(Family::V4));
        add("Ipv6Ranges", "CidrIpv6", blocks(Family::V6));
        if only.is_none() {
            add("PrefixListIds", "PrefixListId", rule.prefix_lists.clone());
            add("UserIdGroupPairs", "GroupId", rule.groups.clone());
        }
        let has_source = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"]
            .iter()
            .any(|name| permission.contains_key(*name));
        has_source.then_some(permission)
    };
    let permissions: Vec<_> = rules.into_iter().filter_map(one).collect();
    (!permissions.is_empty()).then(|| json!(permissions).to_string())
}

/// The words of the command that takes permissions from a group.
pub(crate) fn revoke<'a>(
    group: &'a SecurityGroup,
    verb: &'a str,
    permissions: &'a str,
) -> [&'a str; 8] {
    let (id, region) = (group.id.as_str(), group.region.as_str());
    ["ec2", verb, "--region", region, "--group-id", id, "--ip-permissions", permissions]
}

/// What remedies a failure of 5.2 or 5.3.
pub(crate) fn fix(failure: &Failure<'_>) -> Fix {
    if failure.remedy.is_none() {
        return Fix::by_hand(
            "A prefix list is among the sources: remove its widest entries, or the rule that has \
             it.",
        );
    }
    failure
        .of_finding(&["ec2 revoke-security-group-ingress"], &[])
        .effect(FixEffect::Disruptive, "cuts connections that use these rules.")
        .note("Or narrow the source to your own network.")
        .undo("authorize-security-group-ingress with the same permissions")
        .terraform(Terraform::Argument(
            "aws_vpc_security_group_ingress_rule, or ingress of aws_security_group: remove the \
             sources that the reason names"
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
    Ok(match opening(group, view, &parameters.admin_ports.0, family)? {
        None => Verdict::compliant(format!("No administration port is open to {anywhere}."))
            .evidence(json!({ "vpc": group.vpc, "name": group.name })),
        Some(Opening { port, sources, rules, permissions }) => {
            let rules: Vec<String> = rules.into_iter().collect();
            let verdict = Verdict::non_compliant(format!(
                "Port {port} is open to {sources}: {}.",
                rules.join("; ")
            ));
            let evidence =
                json!({ "vpc": group.vpc, "name": group.name, "port": port, "rules": rules });
            let verdict = verdict.evidence(evidence);
            match &permissions {
                Some(permissions) => {
                    verdict.command(revoke(group, "revoke-security-group-ingress", permissions))
                }
                None => verdict,
            }
        }
    })
}

/// The examples of the control over a family.
pub(crate) fn examples(family: Family) -> Vec<Example> {
    let (half, other_half, network, other_family) = match family {
        Family::V4 => ("0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "::/0"),
        Family::V6 => ("2000::/4", "3000::/4", "2001:db8::/32", "0.0.0.0/0"),
    };
    let (public, public_but_one): (&[&str], &[&str]) = match family {
        Family::V4 => (
            &["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"],
            &["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/4", "208.0.0.0/5"],
        ),
        Family::V6 => (&["2000::/3"], &["2000::/4", "3000::/5"]),
    };
    let anywhere = family.anywhere();
    let rule = |protocol: &str, ports: Option<(i32, i32)>, blocks: &[&str]| SecurityGroupRule {
        protocol: protocol.to_owned(),
        from_port: ports.map(|(from, _)| from),
        to_port: ports.map(|(_, to)| to),
        ipv4: blocks.iter().filter_map(|block| block.parse().ok()).collect(),
        ipv6: blocks.iter().filter_map(|block| block.parse().ok()).collect(),
        ..SecurityGroupRule::default()
    };
    let group = |owner: &str, ingress| SecurityGroup {
        id: "sg-1".to_owned(),
        name: "web".to_owned(),
        owner: owner.to_owned(),
        region: REGION.to_owned(),
        vpc: Some("vpc-1".to_owned()),
        ingress,
        egress: vec![rule("-1", None, &[anywhere])],
    };
    let with = |situation, ingress| {
        Example::new(situation).region(SecurityGroups(vec![group(ACCOUNT_ID, ingress)]))
    };
    let from_list = |ports, blocks: &[&str]| SecurityGroupRule {
        prefix_lists: vec!["pl-1".to_owned()],
        ..rule("tcp", Some(ports), blocks)
    };
    let by_list = |situation| with(situation, vec![from_list((22, 22), &[])]);
    let unread = Key::resource(FactKind::PrefixListEntries, REGION, "pl-1");
    let list = |blocks: &[&str]| PrefixListEntries {
        ipv4: blocks.iter().filter_map(|block| block.parse().ok()).collect(),
        ipv6: blocks.iter().filter_map(|block| block.parse().ok()).collect(),
    };
    let ssh = Some((22, 22));
    let open = |example: Example, reason: &str| example.fails("sg-1", reason);
    let closed = |example: Example| example.passes("sg-1", "No administration port is open");
    vec![
        open(
            with("SSH from everywhere", vec![rule("tcp", ssh, &[anywhere])]),
            &format!("Port 22 is open to {anywhere}: tcp 22 from {anywhere}"),
        ),
        open(
            with("a range that contains 3389", vec![rule("tcp", Some((3000, 4000)), &[anywhere])]),
            "Port 3389 is open",
        ),
        open(
            with("a range that ends at 22", vec![rule("tcp", Some((1, 22)), &[anywhere])]),
            "tcp 1-22 from",
        ),
        open(
            with("all traffic from everywhere", vec![rule("-1", None, &[anywhere])]),
            &format!("all traffic from {anywhere}"),
        ),
        open(
            with("SSH by the number of the protocol", vec![rule("6", ssh, &[anywhere])]),
            &format!("Port 22 is open to {anywhere}: tcp 22 from {anywhere}"),
        ),
        open(with("RDP over UDP", vec![rule("udp", Some((3389, 3389)), &[anywhere])]), "Port 3389"),
        open(
            with(
                "two halves of the world in one rule",
                vec![rule("tcp", ssh, &[half, other_half])],
            ),
            &format!("{half}, {other_half}"),
        ),
        open(
            with(
                "two halves of the world in two rules",
                vec![rule("tcp", ssh, &[half]), rule("-1", None, &[other_half])],
            ),
            "Port 22 is open",
        ),
        closed(with(
            "two halves of the world, one over TCP and one over UDP",
            vec![rule("tcp", ssh, &[half]), rule("udp", ssh, &[other_half])],
        )),
        open(
            with("all public addresses", vec![rule("tcp", ssh, public)]),
            "Port 22 is open to all public",
        ),
        closed(with("all public addresses but one block", vec![rule("tcp", ssh, public_but_one)])),
        closed(with("half of the world", vec![rule("tcp", ssh, &[half])])),
        closed(with("HTTPS from everywhere", vec![rule("tcp", Some((443, 443)), &[anywhere])])),
        closed(with(
            "the ports beside 22 from everywhere",
            vec![
                rule("tcp", Some((1, 21)), &[anywhere]),
                rule("tcp", Some((23, 3388)), &[anywhere]),
            ],
        )),
        closed(with("SSH from one network", vec![rule("tcp", ssh, &[network])])),
        closed(with(
            "SSH from all addresses of the other family",
            vec![rule("tcp", ssh, &[other_family])],
        )),
        closed(with("ICMP from everywhere", vec![rule("icmp", Some((-1, -1)), &[anywhere])])),
        closed(with("no rules", Vec::new())),
        open(
            with(
                "another port named by the parameter",
                vec![rule("tcp", Some((5432, 5432)), &[anywhere])],
            )
            .parameter("adminPorts", "22,5432"),
            "Port 5432",
        ),
        closed(
            with(
                "SSH from everywhere, where the parameter names other ports",
                vec![rule("tcp", ssh, &[anywhere])],
            )
            .parameter("adminPorts", "5432"),
        ),
        open(
            by_list("SSH from a prefix list that holds everything")
                .resource("pl-1", list(&[anywhere])),
            "tcp 22 from pl-1",
        ),
        open(
            with(
                "SSH from a prefix list that holds one half of the world, and from the other half",
                vec![from_list((22, 22), &[other_half])],
            )
            .resource("pl-1", list(&[half])),
            &format!("{other_half}, pl-1"),
        ),
        closed(by_list("SSH from a prefix list of one network").resource("pl-1", list(&[network]))),
        closed(
            by_list("SSH from a prefix list of all addresses of the other family")
                .resource("pl-1", list(&[other_family])),
        ),
        by_list("SSH from a prefix list that may not be read")
            .denied(unread.clone())
            .not_assessed("sg-1", "ec2:GetManagedPrefixListEntries"),
        open(
            with(
                "SSH from everywhere and from a prefix list that may not be read",
                vec![from_list((22, 22), &[anywhere])],
            )
            .denied(unread.clone()),
            "Port 22 is open",
        ),
        by_list("SSH from a prefix list that does not exist")
            .answer(
                unread,
                Err(ReadError::new(
                    "ec2:GetManagedPrefixListEntries",
                    Cause::NotFound,
                    "InvalidPrefixListID.NotFound",
                )),
            )
            .not_assessed("sg-1", "pl-1 is referred to and does not exist"),
        Example::new("a group that another account shares")
            .region(SecurityGroups(vec![group(
                "999988887777",
                vec![rule("tcp", ssh, &[anywhere])],
            )]))
            .expect(Compliance::Compliant, "no security groups to evaluate"),
        Example::new("no groups")
            .region(SecurityGroups(Vec::new()))
            .expect(Compliance::Compliant, "no security groups to evaluate in us-east-1"),
        Example::new("the groups may not be described")
            .denied(Key::region(FactKind::SecurityGroups, REGION))
            .expect(Compliance::NotAssessed, "ec2:DescribeSecurityGroups"),
    ]
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
