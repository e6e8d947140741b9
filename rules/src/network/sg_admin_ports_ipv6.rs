//! 5.3: no security group opens administration to the IPv6 world.

use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule, SecurityGroups};
use plumbline_core::parameters::Ports;
use plumbline_core::prelude::*;
use serde_json::json;

use super::admin_ports::{Family, opening};

plumbline_core::control! {
    /// No security group opens an administration port to all IPv6 addresses.
    ///
    /// ## Why
    /// IPv6 has no address translation that would hide an instance: a rule for `::/0` is as open as one for `0.0.0.0/0`, and easily overlooked.
    ///
    /// ## Decision
    /// For each security group that the account owns: no ingress rule for TCP, UDP or all traffic whose range contains one of `adminPorts` has `::/0` as its source.
    /// Sources count together: `::/1` beside `8000::/1` is everywhere, in one rule or in several, and the blocks of a prefix list count like any others. A prefix list
    /// that cannot be read leaves a group that refers to it for such a port not assessed, unless the rest already fails it.
    ///
    /// ## Remediation
    /// Remove the rule. Administer through Session Manager or EC2 Instance Connect Endpoint, or narrow the source to the addresses of your own network.
    ///
    /// ```sh
    /// aws ec2 revoke-security-group-ingress --group-id sg-… --ip-permissions IpProtocol=tcp,FromPort=22,ToPort=22,Ipv6Ranges='[{CidrIpv6=::/0}]'
    /// ```
    pub struct SgAdminPortsIpv6;
    id: ControlId::new("5.3"),
    slug: "sg-admin-ports-ipv6",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["13.9"],
    safeguards_v7: &["9.2", "12.4"],
    facts: &[Kind::SecurityGroups, Kind::PrefixListEntries],
    run: Run::each::<SgAdminPortsIpv6>(),
}

plumbline_core::parameters! {
    /// What can be set.
    pub struct Parameters {
        /// The ports that only administrators use.
        admin_ports: Ports = ("adminPorts", "22,3389"),
    }
}

impl Each for SgAdminPortsIpv6 {
    type Resource = SecurityGroup;
    type Parameters = Parameters;

    fn evaluate(group: &SecurityGroup, view: &View<'_>, parameters: &Parameters) -> Assessed {
        let Ports(ports) = &parameters.admin_ports;
        Ok(match opening(group, view, ports, Family::V6)? {
            None => Verdict::compliant("No administration port is open to ::/0.").evidence(json!({ "vpc": group.vpc, "name": group.name })),
            Some(opening) => {
                let rules: Vec<String> = opening.rules.into_iter().collect();
                Verdict::non_compliant(format!("Port {} is open to {}: {}.", opening.port, Family::V6.anywhere(), rules.join("; "))).evidence(json!({
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
            egress: Vec::new(),
        };
        let with = |situation, ingress| Example::new(situation).region(SecurityGroups(vec![group(ACCOUNT_ID, ingress)]));
        let by_list = |situation| with(situation, vec![SecurityGroupRule { prefix_lists: vec!["pl-1".to_owned()], ..rule("tcp", Some((22, 22)), &[]) }]);
        let list = |blocks: &[&str]| PrefixListEntries { ipv4: Vec::new(), ipv6: blocks.iter().filter_map(|block| block.parse().ok()).collect() };
        let ssh = Some((22, 22));
        let (open, closed) = ("is open to ::/0", "No administration port");
        vec![
            with("SSH from everywhere", vec![rule("tcp", ssh, &["::/0"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "Port 22 is open to ::/0: tcp 22 from ::/0",
            ),
            with("all traffic from everywhere", vec![rule("-1", None, &["::/0"])]).expect_of("sg-1", Compliance::NonCompliant, "all traffic from ::/0"),
            with("two halves of the world", vec![rule("tcp", ssh, &["::/1"]), rule("tcp", Some((0, 1024)), &["8000::/1"])]).expect_of(
                "sg-1",
                Compliance::NonCompliant,
                open,
            ),
            with("SSH from all IPv4 addresses, which is 5.2", vec![rule("tcp", ssh, &["0.0.0.0/0"])]).expect_of("sg-1", Compliance::Compliant, closed),
            with("SSH from one network", vec![rule("tcp", ssh, &["2001:db8::/32"])]).expect_of("sg-1", Compliance::Compliant, closed),
            with("ICMPv6 from everywhere", vec![rule("icmpv6", Some((-1, -1)), &["::/0"])]).expect_of("sg-1", Compliance::Compliant, closed),
            with("another port named by the parameter", vec![rule("tcp", Some((5432, 5432)), &["::/0"])]).parameter("adminPorts", "5432").expect_of(
                "sg-1",
                Compliance::NonCompliant,
                "Port 5432",
            ),
            by_list("SSH from a prefix list that holds ::/0").resource("pl-1", list(&["::/0"])).expect_of("sg-1", Compliance::NonCompliant, "tcp 22 from pl-1"),
            by_list("SSH from a prefix list of one network").resource("pl-1", list(&["2001:db8::/32"])).expect_of("sg-1", Compliance::Compliant, closed),
            by_list("SSH from a prefix list that may not be read").denied(Key::resource(Kind::PrefixListEntries, REGION, "pl-1")).expect_of(
                "sg-1",
                Compliance::NotAssessed,
                "ec2:GetManagedPrefixListEntries",
            ),
            Example::new("a group that another account shares")
                .region(SecurityGroups(vec![group("999988887777", vec![rule("tcp", ssh, &["::/0"])])]))
                .expect(Compliance::Compliant, "no security groups to evaluate"),
            Example::new("the groups may not be described")
                .denied(Key::region(Kind::SecurityGroups, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeSecurityGroups"),
        ]
    }
}
