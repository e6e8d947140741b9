//! 5.3: no security group opens administration to the IPv6 world.

use plumbline_core::facts::SecurityGroup;
use plumbline_core::prelude::*;

use crate::shared::address_blocks::Family;
use crate::shared::admin_ports::{self, Parameters};

plumbline_core::control! {
    /// Security groups do not open administration ports to ::/0
    ///
    /// ## Why
    /// IPv6 has no address translation that would hide an instance: a rule for `::/0` is as open as
    /// one for `0.0.0.0/0`, and easily overlooked.
    ///
    /// ## Decision
    /// For each security group that the account owns: no ingress rule for TCP, UDP or all traffic
    /// whose range contains one of `adminPorts` has `::/0` as its source. Sources count together:
    /// `::/1` beside `8000::/1` is everywhere, in one rule or in several, and the blocks of a
    /// prefix list count like any others. A prefix list that cannot be read leaves a group that
    /// refers to it for such a port not assessed, unless the rest already fails it.
    ///
    /// ## Remediation
    /// Remove the rule that opens the port. Administer through Session Manager or EC2 Instance
    /// Connect Endpoint, or narrow the source to the addresses of your own network.
    ///
    /// ```sh
    /// aws ec2 revoke-security-group-ingress --group-id sg-… --ip-permissions IpProtocol=tcp,FromPort=22,ToPort=22,Ipv6Ranges='[{CidrIpv6=::/0}]'
    /// ```
    pub(crate) struct SgAdminPortsIpv6: ResourceControl;
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
    since: "0.1.0",
    facts: &[FactKind::SecurityGroups, FactKind::PrefixListEntries],
    fix: admin_ports::fix,
}

impl ResourceControl for SgAdminPortsIpv6 {
    type Resource = SecurityGroup;
    type Parameters = Parameters;

    fn evaluate(
        group: &Subject<'_, SecurityGroup>,
        view: &View<'_>,
        parameters: &Parameters,
    ) -> Assessed {
        admin_ports::evaluate(group, view, parameters, Family::V6)
    }

    fn examples() -> Vec<Example> {
        admin_ports::examples(Family::V6)
    }
}
