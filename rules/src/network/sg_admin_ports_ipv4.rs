//! 5.2: administration ports in security groups, IPv4.

use plumbline_core::facts::SecurityGroup;
use plumbline_core::prelude::*;

use crate::shared::address_blocks::Family;
use crate::shared::admin_ports::{self, Parameters};

plumbline_core::control! {
    /// Security groups do not open administration ports to 0.0.0.0/0
    ///
    /// ## Why
    /// Attackers continuously scan the internet for ports 22 (SSH) and 3389 (RDP). One weak
    /// password or one unpatched service is enough for a successful attack.
    ///
    /// ## Decision
    /// For each security group that the account owns: no inbound rule allows one of `adminPorts`
    /// from `0.0.0.0/0`. Rules for TCP, UDP and all traffic are evaluated. Sources are combined:
    /// `0.0.0.0/1` and `128.0.0.0/1` together fail, in one rule or in several rules. The CIDR
    /// blocks of a prefix list count like any other sources. If a prefix list cannot be read, a
    /// group with such a source for these ports is not assessed, unless the other sources already
    /// fail.
    ///
    /// ## Remediation
    /// Remove the inbound rule that opens the port to 0.0.0.0/0, or restrict its source to the CIDR
    /// block of your own network. For administration, use Session Manager or EC2 Instance Connect
    /// Endpoint.
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
