//! Kinds of mistakes about the sources of traffic.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use plumbline_core::evaluation::Compliance;
use plumbline_core::example::{ACCOUNT_ID, Example, REGION};
use plumbline_core::facts::{
    DbInstance, DbInstances, DbNetwork, Destination, NetworkAcl, NetworkAclEntry, NetworkAcls,
    PrefixListEntries, Route, RouteTable, RouteTables, SecurityGroup, SecurityGroupRule,
    SecurityGroups,
};
use proptest::prelude::*;

use super::outcome;

/// CIDR blocks that are not public (RFC 6890, RFC 1112, RFC 1122).
const NOT_PUBLIC: [&str; 9] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

fn is_not_public(block: &IpNet) -> bool {
    match block {
        IpNet::V4(_) => NOT_PUBLIC.iter().any(|one| net(one).contains(block)),
        IpNet::V6(_) => !net("2000::/3").contains(block) || net("2001:db8::/32").contains(block),
    }
}

fn net(text: &str) -> IpNet {
    text.parse().expect("a block")
}

/// Returns the two halves of a CIDR block.
fn halves(block: IpNet) -> Vec<IpNet> {
    block.subnets(block.prefix_len() + 1).expect("a longer prefix").collect()
}

/// Returns CIDR blocks that cover `whole`, divided at random, and always divided between public and
/// other addresses. `bits` decides.
fn divided(whole: IpNet, bits: &mut impl Iterator<Item = u8>) -> Vec<IpNet> {
    let (mut waiting, mut blocks) = (vec![whole], Vec::new());
    while let Some(block) = waiting.pop() {
        let parts = |one: &str| block != net(one) && block.contains(&net(one));
        let is_mixed = NOT_PUBLIC.iter().any(|one| parts(one)) || parts("2001:db8::/32");
        let is_long = block.prefix_len() > whole.prefix_len() + 6;
        if is_mixed || (!is_long && bits.next().unwrap_or(0) == 0) {
            waiting.extend(halves(block));
        } else {
            blocks.push(block);
        }
    }
    blocks
}

fn group(rules: Vec<SecurityGroupRule>) -> SecurityGroups {
    SecurityGroups(vec![SecurityGroup {
        id: "sg-1".to_owned(),
        name: "web".to_owned(),
        owner: ACCOUNT_ID.to_owned(),
        region: REGION.to_owned(),
        vpc: Some("vpc-1".to_owned()),
        ingress: rules,
        egress: Vec::new(),
    }])
}

fn of_v4(blocks: &[IpNet]) -> Vec<Ipv4Net> {
    let v4 = |block: &IpNet| if let IpNet::V4(block) = block { Some(*block) } else { None };
    blocks.iter().filter_map(v4).collect()
}

fn of_v6(blocks: &[IpNet]) -> Vec<Ipv6Net> {
    let v6 = |block: &IpNet| if let IpNet::V6(block) = block { Some(*block) } else { None };
    blocks.iter().filter_map(v6).collect()
}

/// Returns a security group that allows inbound traffic from the blocks, with `together` blocks per
/// rule, and the last block in a prefix list.
fn by_group(blocks: &[IpNet], together: usize, protocol: &str) -> Example {
    let rule = |blocks: &[IpNet]| SecurityGroupRule {
        protocol: protocol.to_owned(),
        from_port: (protocol != "-1").then_some(20),
        to_port: (protocol != "-1").then_some(22),
        ipv4: of_v4(blocks),
        ipv6: of_v6(blocks),
        ..SecurityGroupRule::default()
    };
    let (last, first) = blocks.split_last().expect("blocks");
    let mut rules: Vec<SecurityGroupRule> = first.chunks(together).map(rule).collect();
    rules.push(SecurityGroupRule { prefix_lists: vec!["pl-1".to_owned()], ..rule(&[]) });
    let list = PrefixListEntries { ipv4: of_v4(&[*last]), ipv6: of_v6(&[*last]) };
    Example::new("").region(group(rules)).resource("pl-1", list)
}

/// Returns a network ACL that allows inbound traffic from the blocks.
fn by_acl(blocks: &[IpNet], protocol: &str) -> Example {
    let entry = |(at, source): (usize, &IpNet)| NetworkAclEntry {
        number: i32::try_from(at).expect("few"),
        allow: true,
        protocol: protocol.to_owned(),
        ports: (protocol != "-1").then_some((20, 22)),
        source: *source,
    };
    Example::new("").parameter("includeIpv6", "true").region(NetworkAcls(vec![NetworkAcl {
        id: "acl-1".to_owned(),
        owner: ACCOUNT_ID.to_owned(),
        vpc: "vpc-1".to_owned(),
        ingress: blocks.iter().enumerate().map(entry).collect(),
    }]))
}

/// Returns a DB instance whose subnet routes the blocks to an internet gateway.
fn by_routes(blocks: &[IpNet]) -> Example {
    let route = |block: &IpNet| Route {
        to: Destination::Block(*block),
        gateway: Some("igw-1".to_owned()),
        peering: None,
        active: true,
    };
    let network = DbNetwork { vpc: "vpc-1".to_owned(), subnets: vec!["subnet-1".to_owned()] };
    Example::new("")
        .parameter("requireInternetRoute", "true")
        .region(DbInstances(vec![DbInstance {
            id: "db-1".to_owned(),
            name: "orders".to_owned(),
            arn: format!("arn:aws:rds:{REGION}:{ACCOUNT_ID}:db:orders"),
            region: REGION.to_owned(),
            engine: "mysql".to_owned(),
            encrypted: true,
            encryption_type: None,
            minor_upgrade: true,
            public: true,
            network: Some(network),
        }]))
        .region(RouteTables(vec![RouteTable {
            id: "rtb-1".to_owned(),
            owner: ACCOUNT_ID.to_owned(),
            region: REGION.to_owned(),
            vpc: "vpc-1".to_owned(),
            main: true,
            subnets: Vec::new(),
            routes: blocks.iter().map(route).collect(),
        }]))
}

/// Returns the controls over sources of a family, with an example that has the blocks as sources.
fn situations(blocks: &[IpNet], together: usize, all: bool) -> Vec<(&'static str, Example)> {
    let is_v4 = matches!(blocks.first(), Some(IpNet::V4(_)));
    let (name, number) = if all { ("-1", "-1") } else { ("tcp", "6") };
    vec![
        (if is_v4 { "5.2" } else { "5.3" }, by_group(blocks, together, name)),
        ("5.1", by_acl(blocks, number)),
        ("2.3.3", by_routes(blocks)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..Default::default()
    })]

    /// everywhere: CIDR blocks that together contain all public unicast addresses fail, regardless
    /// of their division and of other missing addresses. With one public block less, they pass.
    #[test]
    fn sources_add_up(
        bits in prop::collection::vec(0..3_u8, 256),
        kept in prop::collection::vec(any::<bool>(), 256),
        lacking in any::<prop::sample::Index>(), together in 1..5_usize, all in any::<bool>(),
    ) {
        for whole in ["0.0.0.0/0", "2000::/3"] {
            let mut blocks = divided(net(whole), &mut bits.iter().copied());
            let mut kept = kept.iter().copied();
            blocks.retain(|block| !is_not_public(block) || kept.next().unwrap_or(true));
            for (control, example) in situations(&blocks, together, all) {
                let (compliance, reason) = outcome(control, &example);
                prop_assert_eq!(
                    compliance, Compliance::NonCompliant, "{} {:?}: {}", control, blocks, reason
                );
                // reason: the open port, the protocol and the gateway.
                let named = match control {
                    "5.1" => "over TCP",
                    "2.3.3" => "routes to igw-1",
                    _ if all => "all traffic from",
                    _ => "tcp 20-22 from",
                };
                prop_assert!(reason.contains(named), "{}: {}", control, reason);
            }
            let public: Vec<usize> =
                (0..blocks.len()).filter(|at| !is_not_public(&blocks[*at])).collect();
            let removed = blocks.remove(public[lacking.index(public.len())]);
            for (control, example) in situations(&blocks, together, all) {
                let (compliance, reason) = outcome(control, &example);
                prop_assert_eq!(
                    compliance, Compliance::Compliant, "{} lacks {}: {}", control, removed, reason
                );
            }
        }
    }
}
