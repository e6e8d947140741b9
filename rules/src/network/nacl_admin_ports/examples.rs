//! Situations with their verdicts.

use plumbline_core::facts::{NetworkAcl, NetworkAclEntry, NetworkAcls};
use plumbline_core::prelude::*;

pub(super) fn all() -> Vec<Example> {
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
            "Port 22 is open to 0.0.0.0/0 over TCP: entry 100 allows all traffic from 0.0.0.0/0.",
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
            "all public addresses",
            ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"]
                .map(|source| entry(100, true, "6", ssh, source))
                .to_vec(),
        )
        .fails("acl-1", "Port 22 is open to all public IPv4 addresses over TCP"),
        ordered(
            "all public addresses, which earlier entries deny",
            ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"]
                .into_iter()
                .zip(10..)
                .map(|(source, number)| entry(number, false, "-1", None, source))
                .chain([entry(100, true, "6", ssh, everywhere)])
                .collect(),
        )
        .passes("acl-1", closed),
        ordered(
            "all but one public block, which earlier entries deny",
            ["0.0.0.0/1", "128.0.0.0/2"]
                .into_iter()
                .zip(10..)
                .map(|(source, number)| entry(number, false, "-1", None, source))
                .chain([entry(100, true, "6", ssh, everywhere)])
                .collect(),
        )
        .fails("acl-1", "except 0.0.0.0/1, 128.0.0.0/2, which earlier entries deny"),
        ordered(
            "half of the addresses, which an earlier entry does not deny",
            vec![entry(90, false, "6", ssh, "0.0.0.0/1"), entry(100, true, "6", ssh, everywhere)],
        )
        .fails(
            "acl-1",
            "Port 22 is open over TCP: entry 100 allows tcp 22 from 0.0.0.0/0 except 0.0.0.0/1",
        ),
        ordered(
            "SSH that an earlier entry denies over TCP only",
            vec![entry(90, false, "6", ssh, everywhere), entry(100, true, "-1", None, everywhere)],
        )
        .fails("acl-1", "Port 22 is open to 0.0.0.0/0 over UDP"),
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
        with("SSH from all IPv6 addresses, which count", vec![entry(100, true, "6", ssh, "::/0")])
            .parameter("includeIpv6", "true")
            .fails("acl-1", "Port 22 is open to ::/0"),
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
            vec![entry(100, true, "6", ssh, everywhere), entry(110, false, "6", ssh, everywhere)],
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
            vec![entry(90, false, "6", None, everywhere), entry(100, true, "-1", None, everywhere)],
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
