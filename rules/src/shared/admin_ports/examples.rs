//! Examples of 5.2 and 5.3.

use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule, SecurityGroups};
use plumbline_core::prelude::*;

use crate::shared::address_blocks::Family;

/// Returns the examples of the control for a family.
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
            with("SSH from all addresses", vec![rule("tcp", ssh, &[anywhere])]),
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
            with("all traffic from all addresses", vec![rule("-1", None, &[anywhere])]),
            &format!("all traffic from {anywhere}"),
        ),
        open(
            with("SSH with a protocol number", vec![rule("6", ssh, &[anywhere])]),
            &format!("Port 22 is open to {anywhere}: tcp 22 from {anywhere}"),
        ),
        open(with("RDP over UDP", vec![rule("udp", Some((3389, 3389)), &[anywhere])]), "Port 3389"),
        open(
            with(
                "both halves of all addresses in one rule",
                vec![rule("tcp", ssh, &[half, other_half])],
            ),
            &format!("{half}, {other_half}"),
        ),
        open(
            with(
                "both halves of all addresses in two rules",
                vec![rule("tcp", ssh, &[half]), rule("-1", None, &[other_half])],
            ),
            "Port 22 is open",
        ),
        closed(with(
            "both halves of all addresses, one over TCP and one over UDP",
            vec![rule("tcp", ssh, &[half]), rule("udp", ssh, &[other_half])],
        )),
        open(
            with(
                "SSH and RDP from all addresses in two rules",
                vec![rule("tcp", ssh, &[anywhere]), rule("tcp", Some((3389, 3389)), &[anywhere])],
            ),
            &format!("tcp 22 from {anywhere}. Port 3389 is open to {anywhere}: tcp 3389"),
        ),
        open(
            with(
                "SSH from all addresses and from both halves of all addresses",
                vec![
                    rule("tcp", ssh, &[anywhere]),
                    rule("tcp", Some((20, 22)), &[half]),
                    rule("tcp", Some((22, 30)), &[other_half]),
                ],
            ),
            &format!("tcp 20-22 from {half}; tcp 22-30 from {other_half}."),
        ),
        open(
            with("all public addresses", vec![rule("tcp", ssh, public)]),
            "Port 22 is open to all public",
        ),
        closed(with(
            "all public addresses except one block",
            vec![rule("tcp", ssh, public_but_one)],
        )),
        closed(with("half of all addresses", vec![rule("tcp", ssh, &[half])])),
        closed(with("HTTPS from all addresses", vec![rule("tcp", Some((443, 443)), &[anywhere])])),
        closed(with(
            "all ports except 22 and 3389 from all addresses",
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
        closed(with("ICMP from all addresses", vec![rule("icmp", Some((-1, -1)), &[anywhere])])),
        closed(with("no rules", Vec::new())),
        open(
            with("another port in adminPorts", vec![rule("tcp", Some((5432, 5432)), &[anywhere])])
                .parameter("adminPorts", "22,5432"),
            "Port 5432",
        ),
        closed(
            with(
                "SSH from all addresses, only other ports in adminPorts",
                vec![rule("tcp", ssh, &[anywhere])],
            )
            .parameter("adminPorts", "5432"),
        ),
        open(
            by_list("SSH from a prefix list with all addresses")
                .resource("pl-1", list(&[anywhere])),
            "tcp 22 from pl-1",
        ),
        open(
            with(
                "SSH from all addresses, and in another rule from a prefix list with all addresses",
                vec![rule("tcp", ssh, &[anywhere]), from_list((22, 22), &[])],
            )
            .resource("pl-1", list(&[anywhere])),
            "tcp 22 from pl-1",
        ),
        open(
            with(
                "SSH from a prefix list with one half of all addresses and from the other half",
                vec![from_list((22, 22), &[other_half])],
            )
            .resource("pl-1", list(&[half])),
            &format!("{other_half}, pl-1"),
        ),
        closed(
            by_list("SSH from a prefix list with one network").resource("pl-1", list(&[network])),
        ),
        closed(
            by_list("SSH from a prefix list with all addresses of the other family")
                .resource("pl-1", list(&[other_family])),
        ),
        by_list("access denied to GetManagedPrefixListEntries")
            .denied(unread.clone())
            .not_assessed("sg-1", "ec2:GetManagedPrefixListEntries"),
        open(
            with(
                "SSH from all addresses, access denied to a prefix list",
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
            .not_assessed("sg-1", "pl-1"),
        Example::new("a security group of another account")
            .region(SecurityGroups(vec![group(
                "999988887777",
                vec![rule("tcp", ssh, &[anywhere])],
            )]))
            .expect(Compliance::Compliant, "no security groups to evaluate"),
        Example::new("no security groups")
            .region(SecurityGroups(Vec::new()))
            .expect(Compliance::Compliant, "no security groups to evaluate in us-east-1"),
        Example::new("access denied to DescribeSecurityGroups")
            .denied(Key::region(FactKind::SecurityGroups, REGION))
            .expect(Compliance::NotAssessed, "ec2:DescribeSecurityGroups"),
    ]
}
