//! The state after the commands for network ACLs and security groups: the control passes, and all
//! traffic except administration from all addresses is allowed as before.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail so")]

use std::collections::BTreeMap;

use ipnet::IpNet;
use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::example::{ACCOUNT_ID, Example, REGION};
use plumbline_core::facts::{
    NetworkAcl, NetworkAclEntry, NetworkAcls, SecurityGroup, SecurityGroupRule, SecurityGroups,
};
use plumbline_core::fix::{Failure, Fix};
use plumbline_core::parameters::Values;
use plumbline_core::text::shell_words;
use plumbline_rules::registry::find;
use proptest::prelude::*;
use serde_json::Value;

/// The network of administrators in the examples.
const ADMIN_NETWORK: &str = "198.51.100.0/24";
const ADMIN_PORTS: [i32; 2] = [22, 3389];

/// Returns the only evaluation of an example, with its fix.
fn evaluated(control: &str, example: &Example) -> (Evaluation, Fix) {
    let control = find(control).expect("a control");
    let evaluation = example.run(control).expect("valid parameters").evaluations.remove(0);
    let evidence = evaluation.evidence.members();
    let parameters = control.configure(Values::new()).expect("defaults").effective();
    let fix = (control.fix)(&Failure {
        account: ACCOUNT_ID,
        partition: "aws",
        resource: &evaluation.resource,
        name: None,
        evidence: &evidence,
        parameters: &parameters,
        remedy: evaluation.remedy.as_deref(),
    });
    (evaluation, fix)
}

/// Returns the operation and the options of each command, with the network of administrators as
/// input.
fn commands(fix: &Fix) -> Vec<(String, BTreeMap<String, String>)> {
    let read = |line: String| {
        let line = line.replace("\"$ADMIN_NETWORK\"", ADMIN_NETWORK);
        let words = shell_words(&line).expect("words");
        let mut options = BTreeMap::new();
        let mut rest = words[3..].iter().peekable();
        while let Some(option) = rest.next() {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => (
                    option.as_str(),
                    rest.next_if(|next| !next.starts_with("--")).cloned().unwrap_or_default(),
                ),
            };
            options.insert(name.to_owned(), value);
        }
        (words[2].clone(), options)
    };
    fix.commands.iter().map(|command| read(command.shell(&|input| input.name.to_owned()))).collect()
}

fn acl_example(entries: &[NetworkAclEntry]) -> Example {
    let last = NetworkAclEntry {
        number: 32_767,
        allow: false,
        protocol: "-1".to_owned(),
        ports: None,
        source: "0.0.0.0/0".parse().expect("a block"),
    };
    Example::new("an ACL").region(NetworkAcls(vec![NetworkAcl {
        id: "acl-1".to_owned(),
        owner: ACCOUNT_ID.to_owned(),
        vpc: "vpc-1".to_owned(),
        ingress: entries.iter().cloned().chain([last]).collect(),
    }]))
}

/// Applies the commands to entries. AWS rejects a new entry with an existing number, and the
/// replacement of a missing number.
fn applied(entries: &[NetworkAclEntry], fix: &Fix) -> Vec<NetworkAclEntry> {
    let mut all: BTreeMap<i32, NetworkAclEntry> =
        entries.iter().map(|entry| (entry.number, entry.clone())).collect();
    for (operation, options) in commands(fix) {
        let number: i32 = options["--rule-number"].parse().expect("a number");
        assert_eq!(all.contains_key(&number), operation == "replace-network-acl-entry", "{number}");
        assert!((1..32_767).contains(&number), "{number}");
        let ports = options.get("--port-range").map(|range| {
            let (from, to) = range.split_once(',').expect("two ends");
            let end =
                |text: &str| text.split('=').nth(1).expect("a value").parse().expect("a port");
            (end(from), end(to))
        });
        let protocol = options["--protocol"].clone();
        // AWS requires ports for TCP and UDP, and types for ICMP.
        assert_eq!(ports.is_some(), ["6", "17"].contains(&protocol.as_str()), "{options:?}");
        assert_eq!(options.contains_key("--icmp-type-code"), protocol == "1", "{options:?}");
        assert!(options.contains_key("--ingress") && options["--rule-action"] == "allow");
        let source = options["--cidr-block"].parse().expect("a block");
        all.insert(number, NetworkAclEntry { number, allow: true, protocol, ports, source });
    }
    all.into_values().collect()
}

/// Returns whether the entries allow a packet: the first matching entry decides.
fn allows(entries: &[NetworkAclEntry], protocol: &str, port: i32, from: &str) -> bool {
    let from: IpNet = format!("{from}/32").parse().expect("an address");
    let mut sorted: Vec<&NetworkAclEntry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.number);
    let matches = |entry: &&&NetworkAclEntry| {
        let has_port = entry.ports.is_none_or(|(first, last)| (first..=last).contains(&port))
            || protocol == "1";
        let has_protocol = entry.protocol == "-1" || entry.protocol == protocol;
        has_protocol && (entry.protocol == "-1" || has_port) && entry.source.contains(&from)
    };
    sorted.iter().find(matches).is_some_and(|entry| entry.allow)
}

fn entries() -> impl Strategy<Value = Vec<NetworkAclEntry>> {
    let protocol = prop::sample::select(vec!["-1", "6", "17", "1"]);
    let ports = prop::sample::select(vec![
        (22, 22),
        (3389, 3389),
        (0, 65_535),
        (20, 25),
        (1024, 65_535),
        (443, 443),
        (22, 3389),
    ]);
    let source = prop::sample::select(vec![
        "0.0.0.0/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "10.0.0.0/8",
        ADMIN_NETWORK,
    ]);
    let entry = (1..60_i32, prop::bool::weighted(0.8), protocol, ports, source);
    prop::collection::vec(entry, 1..6).prop_map(|entries| {
        let one = |(number, allow, protocol, ports, source): (i32, bool, &str, _, &str)| {
            let entry = NetworkAclEntry {
                number: number * 10,
                allow,
                protocol: protocol.to_owned(),
                ports: ["6", "17"].contains(&protocol).then_some(ports),
                source: source.parse().expect("a block"),
            };
            (entry.number, entry)
        };
        let by_number: BTreeMap<i32, NetworkAclEntry> = entries.into_iter().map(one).collect();
        by_number.into_values().collect()
    })
}

proptest! {
    #[test]
    fn acls_pass_and_lose_nothing_else(before in entries()) {
        let (evaluation, fix) = evaluated("5.1", &acl_example(&before));
        if evaluation.compliance != Compliance::NonCompliant {
            return Ok(());
        }
        if let Some(why) = &fix.by_hand {
            prop_assert!(why.starts_with("Several entries"), "{why}");
            return Ok(());
        }
        let after = applied(&before, &fix);
        let (again, _) = evaluated("5.1", &acl_example(&after));
        prop_assert_eq!(again.compliance, Compliance::Compliant, "{:?}\n{:?}", before, after);
        for protocol in ["6", "17", "1"] {
            for port in [0, 21, 22, 23, 443, 3388, 3389, 3390, 40_000, 65_535] {
                for from in ["1.1.1.1", "200.1.1.1", "10.1.1.1", "198.51.100.7"] {
                    let is_admin = protocol != "1" && ADMIN_PORTS.contains(&port);
                    let was = allows(&before, protocol, port, from);
                    let is = allows(&after, protocol, port, from);
                    let stays = is == was || (is_admin && was && !from.starts_with("198.51.100."));
                    let change = format!("{protocol} {port} {from}: {was} {is}");
                    prop_assert!(stays, "{change}\n{before:?}\n{after:?}");
                }
            }
        }
    }

    #[test]
    fn groups_pass_and_lose_nothing_else(before in rules()) {
        for control in ["5.2", "5.3"] {
            let (evaluation, fix) = evaluated(control, &group_example(&before));
            if evaluation.compliance != Compliance::NonCompliant {
                continue;
            }
            let after = revoked(&before, &fix);
            let (again, _) = evaluated(control, &group_example(&after));
            prop_assert_eq!(again.compliance, Compliance::Compliant, "{:?}\n{:?}", before, after);
            for (was, is) in before.iter().zip(&after) {
                // Small blocks and the other address family keep access.
                let small = |rule: &SecurityGroupRule| -> Vec<IpNet> {
                    let v4 = rule.ipv4.iter().copied().map(IpNet::V4);
                    let v6 = rule.ipv6.iter().copied().map(IpNet::V6);
                    v4.chain(v6).filter(|block| block.prefix_len() > 4).collect()
                };
                prop_assert_eq!(small(was), small(is));
                let is_ipv4 = control == "5.2";
                let others = if is_ipv4 { was.ipv6 == is.ipv6 } else { was.ipv4 == is.ipv4 };
                prop_assert!(others && was.groups == is.groups);
                let opens = ADMIN_PORTS.iter().any(|port| {
                    was.protocol == "-1" || (was.from_port..=was.to_port).contains(&Some(*port))
                });
                prop_assert!(opens || was == is, "{was:?} {is:?}");
            }
        }
    }
}

fn group_example(rules: &[SecurityGroupRule]) -> Example {
    Example::new("a group").region(SecurityGroups(vec![SecurityGroup {
        id: "sg-1".to_owned(),
        name: "web".to_owned(),
        owner: ACCOUNT_ID.to_owned(),
        region: REGION.to_owned(),
        vpc: Some("vpc-1".to_owned()),
        ingress: rules.to_vec(),
        egress: Vec::new(),
    }]))
}

/// Applies the command to rules. AWS rejects a permission that does not exist.
fn revoked(before: &[SecurityGroupRule], fix: &Fix) -> Vec<SecurityGroupRule> {
    let mut after = before.to_vec();
    for (_, options) in commands(fix) {
        let permissions: Vec<Value> =
            serde_json::from_str(&options["--ip-permissions"]).expect("permissions");
        for permission in permissions {
            let port = |name: &str| permission.get(name).and_then(Value::as_i64);
            let rule = after.iter_mut().find(|rule| {
                permission["IpProtocol"] == rule.protocol.as_str()
                    && port("FromPort") == rule.from_port.map(i64::from)
                    && port("ToPort") == rule.to_port.map(i64::from)
            });
            let rule = rule.expect("a rule of these ports");
            for source in permission["IpRanges"].as_array().into_iter().flatten() {
                let (block, count) = (source["CidrIp"].as_str().expect("text"), rule.ipv4.len());
                rule.ipv4.retain(|one| one.to_string() != block);
                assert_eq!(rule.ipv4.len() + 1, count, "{block}");
            }
            for source in permission["Ipv6Ranges"].as_array().into_iter().flatten() {
                let (block, count) = (source["CidrIpv6"].as_str().expect("text"), rule.ipv6.len());
                rule.ipv6.retain(|one| one.to_string() != block);
                assert_eq!(rule.ipv6.len() + 1, count, "{block}");
            }
        }
    }
    after
}

/// Returns rules in the form of AWS: one for each protocol and port range.
fn rules() -> impl Strategy<Value = Vec<SecurityGroupRule>> {
    let protocol = prop::sample::select(vec!["-1", "tcp", "udp"]);
    let ports = prop::sample::select(vec![
        (22, 22),
        (3389, 3389),
        (0, 65_535),
        (20, 25),
        (443, 443),
        (22, 3389),
    ]);
    let ipv4 = prop::sample::subsequence(
        vec!["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "203.0.113.7/32"],
        0..5,
    );
    let ipv6 =
        prop::sample::subsequence(vec!["::/0", "2000::/3", "2001:db8::/32", "fd00::/8"], 0..4);
    prop::collection::vec((protocol, ports, ipv4, ipv6), 1..6).prop_map(|rules| {
        let one = |(protocol, (from, to), ipv4, ipv6): (&str, (i32, i32), Vec<&str>, Vec<&str>)| {
            let ports = (protocol != "-1").then_some((from, to));
            let rule = SecurityGroupRule {
                protocol: protocol.to_owned(),
                from_port: ports.map(|(from, _)| from),
                to_port: ports.map(|(_, to)| to),
                ipv4: ipv4.iter().map(|block| block.parse().expect("a block")).collect(),
                ipv6: ipv6.iter().map(|block| block.parse().expect("a block")).collect(),
                groups: vec!["sg-2".to_owned()],
                ..SecurityGroupRule::default()
            };
            ((protocol.to_owned(), ports), rule)
        };
        let by_ports: BTreeMap<_, _> = rules.into_iter().map(one).collect();
        by_ports.into_values().collect()
    })
}
