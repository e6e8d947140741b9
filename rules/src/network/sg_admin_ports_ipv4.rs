//! 5.2: no security group opens administration to the IPv4 world.

use plumbline_core::facts::SecurityGroup;
use plumbline_core::prelude::*;

use crate::shared::address_blocks::Family;
use crate::shared::admin_ports::{self, Parameters};

plumbline_core::control! {
    /// Security groups do not open administration ports to 0.0.0.0/0
    ///
    /// ## Why
    /// Ports 22 (SSH) and 3389 (RDP) that the whole world reaches are tried day and night, and one
    /// weak password or one unpatched daemon is enough.
    ///
    /// ## Decision
    /// For each security group that the account owns: no ingress rule for TCP, UDP or all traffic
    /// whose range contains one of `adminPorts` has `0.0.0.0/0` as its source. Sources count
    /// together: `0.0.0.0/1` beside `128.0.0.0/1` is everywhere, in one rule or in several, and the
    /// blocks of a prefix list count like any others. A prefix list that cannot be read leaves a
    /// group that refers to it for such a port not assessed, unless the rest already fails it.
    ///
    /// ## Remediation
    /// Remove the rule that opens the port. Administer through Session Manager or EC2 Instance
    /// Connect Endpoint, or narrow the source to the addresses of your own network.
    ///
    /// ```sh
    /// aws ec2 revoke-security-group-ingress --group-id sg-… --protocol tcp --port 22 --cidr 0.0.0.0/0
    /// ```
    pub(crate) struct SgAdminPortsIpv4: ResourceControl;
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
    since: "0.1.0",
    facts: &[FactKind::SecurityGroups, FactKind::PrefixListEntries],
    fix: admin_ports::fix,
}

impl ResourceControl for SgAdminPortsIpv4 {
    type Resource = SecurityGroup;
    type Parameters = Parameters;

    fn evaluate(
        group: &Subject<'_, SecurityGroup>,
        view: &View<'_>,
        parameters: &Parameters,
    ) -> Assessed {
        admin_ports::evaluate(group, view, parameters, Family::V4)
    }

    fn examples() -> Vec<Example> {
        admin_ports::examples(Family::V4)
    }
}
