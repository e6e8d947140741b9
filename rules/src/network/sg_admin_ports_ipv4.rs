//! 5.2: no security group opens administration to the IPv4 world.

use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule, SecurityGroups};
use plumbline_core::parameters::Ports;
use plumbline_core::prelude::*;
use serde_json::json;

use super::admin_ports::{Family, opening};

plumbline_core::control! {
    /// No security group opens an administration port to all IPv4 addresses.
    ///
    /// ## Why
    /// Ports 22 (SSH) and 3389 (RDP) that the whole world reaches are tried day and night, and one weak password or one unpatched daemon is enough.
    ///
    /// ## Decision
    /// For each security group that the account owns: no ingress rule for TCP, UDP or all traffic whose range contains one of `adminPorts` has `0.0.0.0/0` as its source.
    /// Sources count together: `0.0.0.0/1` beside `128.0.0.0/1` is everywhere, in one rule or in several, and the blocks of a prefix list count like any others. A
    /// prefix list that cannot be read leaves a group that refers to it for such a port not assessed, unless the rest already fails it.
    ///
    /// ## Remediation
    /// Remove the rule. Administer through Session Manager or EC2 Instance Connect Endpoint, or narrow the source to the addresses of your own network.
    ///
    /// ```sh
    /// aws ec2 revoke-security-group-ingress --group-id sg-… --protocol tcp --port 22 --cidr 0.0.0.0/0
    /// ```
    pub struct SgAdminPortsIpv4;
    id: ControlId::new("5.2"),
    slug: "sg-admin-ports-ipv4",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["13.9"],
    safeguards_v7: &["9.2", "12.4"],
    facts: &[Kind::SecurityGroups, Kind::PrefixListEntries],
    run: Run::each::<SgAdminPortsIpv4>(),
}

plumbline_core::parameters! {
    /// What can be set.
    pub struct Parameters {
        /// The ports that only administrators use.
        admin_ports: Ports = ("adminPorts", "22,3389"),
    }
}

impl Each for SgAdminPortsIpv4 {
    type Resource = SecurityGroup;
    type Parameters = Parameters;

    fn evaluate(group: &SecurityGroup, view: &View<'_>, parameters: &Parameters) -> Assessed {
        let Ports(ports) = &parameters.admin_ports;
        Ok(match opening(group, view, ports, Family::V4)? {
            None => Verdict::compliant("No administration port is open to 0.0.0.0/0.").evidence(json!({ "vpc": group.vpc, "name": group.name })),
            Some(opening) => {
                let rules: Vec<String> = opening.rules.into_iter().collect();
                Verdict::non_compliant(format!("Port {} is open to {}: {}.", opening.port, Family::V4.anywhere(), rules.join("; "))).evidence(json!({
                    "vpc": group.vpc, "name": group.name, "port": opening.port, "rules": rules
                }))
            }
        })
    }

    fn examples() -> Vec<Example> {
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
            egress: vec![rule("-1", None, &["0.0.0.0/0"])],
        };
        let with = |situation, ingress| Example::new(situation).region(SecurityGroups(vec![group(ACCOUNT_ID, ingress)]));
        let by_list = |situation| with(situation, vec![SecurityGroupRule { prefix_lists: vec!["pl-1".to_owned()], ..rule("tcp", Some((22, 22)), &[]) }]);
        let list = |blocks: &[&str]| PrefixListEntries { ipv4: blocks.iter().filter_map(|block| block.parse().ok()).collect(), ipv6: Vec::new() };
        let ssh = Some((22, 22));
        vec![
            with("SSH from everywhere", vec![rule("tcp", ssh, &["0.0.0.0/0"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "Port 22 is open to 0.0.0.0/0: tcp 22 from 0.0.0.0/0",
            ),
            with("a range that contains 3389", vec![rule("tcp", Some((3000, 4000)), &["0.0.0.0/0"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "Port 3389 is open to 0.0.0.0/0: tcp 3000-4000",
            ),
            with("all traffic from everywhere", vec![rule("-1", None, &["0.0.0.0/0"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "all traffic from 0.0.0.0/0",
            ),
            with("RDP over UDP", vec![rule("udp", Some((3389, 3389)), &["0.0.0.0/0"])]).expect_of("sg-1", Compliance::NonCompliant, "Port 3389"),
            with("two halves of the world in one rule", vec![rule("tcp", ssh, &["0.0.0.0/1", "128.0.0.0/1"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "0.0.0.0/1, 128.0.0.0/1",
            ),
            with("two halves of the world in two rules", vec![rule("tcp", ssh, &["0.0.0.0/1"]), rule("-1", None, &["128.0.0.0/1"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "Port 22 is open",
            ),
            with("two halves of the world, one over TCP and one over UDP", vec![rule("tcp", ssh, &["0.0.0.0/1"]), rule("udp", ssh, &["128.0.0.0/1"])])
                .expect_of("sg-1", Compliance::Compliant, "No administration port"),
            with("HTTPS from everywhere", vec![rule("tcp", Some((443, 443)), &["0.0.0.0/0"])]).expect_of(
                "sg-1",
                Compliance::Compliant,
                "No administration port",
            ),
            with("SSH from one network", vec![rule("tcp", ssh, &["10.0.0.0/8"])]).expect_of("sg-1", Compliance::Compliant, "No administration port"),
            with("SSH from all IPv6 addresses, which is 5.3", vec![rule("tcp", ssh, &["::/0"])]).expect_of(
                "sg-1",
                Compliance::Compliant,
                "No administration port",
            ),
            with("ICMP from everywhere", vec![rule("icmp", Some((-1, -1)), &["0.0.0.0/0"])]).expect_of("sg-1", Compliance::Compliant, "No administration port"),
            with("another port named by the parameter", vec![rule("tcp", Some((5432, 5432)), &["0.0.0.0/0"])]).parameter("adminPorts", "22,5432").expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "Port 5432",
            ),
            by_list("SSH from a prefix list that holds 0.0.0.0/0").resource("pl-1", list(&["0.0.0.0/0"])).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "tcp 22 from pl-1",
            ),
            by_list("SSH from a prefix list of one network").resource("pl-1", list(&["10.0.0.0/8"])).expect_of(
                "sg-1",
                Compliance::Compliant,
                "No administration port",
            ),
            by_list("SSH from a prefix list that may not be read").denied(Key::resource(Kind::PrefixListEntries, REGION, "pl-1")).expect_of(
                "sg-1",
                Compliance::NotAssessed,
                "ec2:GetManagedPrefixListEntries",
            ),
            by_list("SSH from a prefix list that does not exist")
                .answer(
                    Key::resource(Kind::PrefixListEntries, REGION, "pl-1"),
                    Err(Unread::new("ec2:GetManagedPrefixListEntries", Cause::Gone, "InvalidPrefixListID.NotFound")),
                )
                .expect_of("sg-1", Compliance::NotAssessed, "pl-1 is referred to and does not exist"),
            Example::new("a group that another account shares")
                .region(SecurityGroups(vec![group("999988887777", vec![rule("tcp", ssh, &["0.0.0.0/0"])])]))
                .expect(Compliance::Compliant, "no security groups to evaluate"),
            Example::new("the groups may not be described")
                .denied(Key::region(Kind::SecurityGroups, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeSecurityGroups"),
        ]
    }
}
