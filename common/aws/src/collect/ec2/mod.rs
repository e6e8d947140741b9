//! Facts from Amazon EC2 and Amazon VPC.

use ipnet::IpNet;
use plumbline_core::answer::Answer;
use plumbline_core::operation::Operation;

pub(super) mod instances;
pub(super) mod network_acls;
pub(super) mod route_tables;
pub(super) mod security_groups;
pub(super) mod vpcs;

fn block(operation: Operation, cidr: &str, what: &str) -> Answer<IpNet> {
    cidr.parse().map_err(|_| operation.malformed(format!("{what} is '{cidr}'")))
}
