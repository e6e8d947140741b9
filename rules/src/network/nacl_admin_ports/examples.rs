//! Examples of 5.1.

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
    let (ssh, rdp, anywhere) = (Some((22, 22)), Some((3389, 3389)), "0.0.0.0/0");
    let closed = "No administration port";
    vec![
        with("the default network ACL", vec![entry(100, true, "-1", None, anywhere)]).fails(
            "acl-1",
            "Port 22 is open to 0.0.0.0/0 over TCP: entry 100 allows all traffic from 0.0.0.0/0.",
        ),
        with("SSH from 0.0.0.0/0", vec![entry(100, true, "6", ssh, anywhere)])
            .fails("acl-1", "entry 100 allows tcp 22 from"),
        with("RDP over UDP", vec![entry(100, true, "17", rdp, anywhere)])
            .fails("acl-1", "Port 3389"),
        with(
            "a range that contains 3389",
            vec![entry(100, true, "6", Some((1024, 65535)), anywhere)],
        )
        .fails("acl-1", "tcp 1024-65535"),
        with(
            "both halves of the IPv4 addresses",
            vec![
                entry(100, true, "6", ssh, "0.0.0.0/1"),
                entry(110, true, "-1", None, "128.0.0.0/1"),
            ],
        )
        .fails("acl-1", "entry 110 allows all traffic from 128.0.0.0/1"),
        with(
            "SSH from all public addresses",
            ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"]
                .map(|source| entry(100, true, "6", ssh, source))
                .to_vec(),
        )
        .fails("acl-1", "Port 22 is open to all public IPv4 addresses over TCP"),
        ordered(
            "SSH from 0.0.0.0/0, all public addresses denied by earlier entries",
            ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"]
                .into_iter()
                .zip(10..)
                .map(|(source, number)| entry(number, false, "-1", None, source))
                .chain([entry(100, true, "6", ssh, anywhere)])
                .collect(),
        )
        .passes("acl-1", closed),
        ordered(
            "SSH from 0.0.0.0/0, all public addresses except one block denied by earlier entries",
            ["0.0.0.0/1", "128.0.0.0/2"]
                .into_iter()
                .zip(10..)
                .map(|(source, number)| entry(number, false, "-1", None, source))
                .chain([entry(100, true, "6", ssh, anywhere)])
                .collect(),
        )
        .fails("acl-1", "except 0.0.0.0/1, 128.0.0.0/2, which earlier entries deny"),
        ordered(
            "SSH from 0.0.0.0/0, half of the addresses denied by an earlier entry",
            vec![entry(90, false, "6", ssh, "0.0.0.0/1"), entry(100, true, "6", ssh, anywhere)],
        )
        .fails(
            "acl-1",
            "Port 22 is open over TCP: entry 100 allows tcp 22 from 0.0.0.0/0 except 0.0.0.0/1",
        ),
        ordered(
            "all traffic allowed, SSH over TCP denied by an earlier entry",
            vec![entry(90, false, "6", ssh, anywhere), entry(100, true, "-1", None, anywhere)],
        )
        .fails("acl-1", "Port 22 is open to 0.0.0.0/0 over UDP"),
        with(
            "HTTPS from 0.0.0.0/0 and SSH from one network",
            vec![
                entry(100, true, "6", Some((443, 443)), anywhere),
                entry(110, true, "6", ssh, "10.0.0.0/8"),
            ],
        )
        .passes("acl-1", closed),
        with(
            "all ports except 22 and 3389 from 0.0.0.0/0",
            vec![
                entry(100, true, "6", Some((1, 21)), anywhere),
                entry(110, true, "6", Some((23, 3388)), anywhere),
            ],
        )
        .passes("acl-1", closed),
        with("no entry except the default entry", Vec::new()).passes("acl-1", closed),
        with("ICMP from 0.0.0.0/0", vec![entry(100, true, "1", None, anywhere)])
            .passes("acl-1", closed),
        with("SSH from ::/0", vec![entry(100, true, "6", ssh, "::/0")]).passes("acl-1", closed),
        with("SSH from ::/0, IPv6 evaluated", vec![entry(100, true, "6", ssh, "::/0")])
            .parameter("includeIpv6", "true")
            .fails("acl-1", "Port 22 is open to ::/0"),
        with(
            "a port denied by an earlier entry",
            vec![
                entry(90, false, "6", ssh, anywhere),
                entry(91, false, "6", rdp, anywhere),
                entry(100, true, "6", None, anywhere),
            ],
        )
        .fails("acl-1", "entry 100"),
        ordered(
            "a port denied by an earlier entry, rule order respected",
            vec![
                entry(100, true, "6", None, anywhere),
                entry(90, false, "6", ssh, anywhere),
                entry(91, false, "6", rdp, anywhere),
            ],
        )
        .passes("acl-1", closed),
        ordered(
            "a port denied by a later entry, rule order respected",
            vec![entry(100, true, "6", ssh, anywhere), entry(110, false, "6", ssh, anywhere)],
        )
        .fails("acl-1", "entry 100"),
        ordered(
            "a port denied to both halves of the IPv4 addresses by earlier entries",
            vec![
                entry(90, false, "-1", None, "0.0.0.0/1"),
                entry(91, false, "-1", None, "128.0.0.0/1"),
                entry(100, true, "6", ssh, anywhere),
            ],
        )
        .passes("acl-1", closed),
        ordered(
            "one half of the IPv4 addresses denied by an earlier entry, the other half allowed",
            vec![
                entry(90, false, "6", ssh, "0.0.0.0/1"),
                entry(100, true, "6", ssh, "0.0.0.0/1"),
                entry(110, true, "6", ssh, "128.0.0.0/1"),
            ],
        )
        .passes("acl-1", closed),
        ordered(
            "all traffic allowed, TCP denied by an earlier entry",
            vec![entry(90, false, "6", None, anywhere), entry(100, true, "-1", None, anywhere)],
        )
        .fails("acl-1", "Port 22"),
        ordered(
            "a port denied to one network by an earlier entry",
            vec![entry(90, false, "-1", None, "10.0.0.0/8"), entry(100, true, "6", ssh, anywhere)],
        )
        .fails("acl-1", "entry 100"),
        with(
            "another port in adminPorts",
            vec![entry(100, true, "6", Some((5432, 5432)), anywhere)],
        )
        .parameter("adminPorts", "5432")
        .fails("acl-1", "Port 5432"),
        Example::new("a network ACL of another account")
            .region(NetworkAcls(vec![acl(
                "999988887777",
                vec![entry(100, true, "-1", None, anywhere)],
            )]))
            .expect(Compliance::Compliant, "no network ACLs to evaluate"),
        Example::new("access denied to DescribeNetworkAcls")
            .denied(Key::region(FactKind::NetworkAcls, REGION))
            .expect(Compliance::NotAssessed, "ec2:DescribeNetworkAcls"),
    ]
}
