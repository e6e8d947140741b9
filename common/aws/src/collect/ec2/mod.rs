//! Facts from Amazon EC2 and Amazon VPC.

use ipnet::IpNet;
use plumbline_core::answer::Answer;
use plumbline_core::facts::EnabledRegions;
use plumbline_core::operation::Operation;

use crate::accounts;
use crate::error::AwsError;
use crate::session::Session;

pub(super) mod instances;
pub(super) mod network_acls;
pub(super) mod route_tables;
pub(super) mod security_groups;
pub(super) mod vpcs;

fn block(operation: Operation, cidr: &str, what: &str) -> Answer<IpNet> {
    cidr.parse().map_err(|_| operation.malformed(format!("{what} is '{cidr}'")))
}

pub(super) async fn enabled_regions(session: &Session, region: &str) -> Answer<EnabledRegions> {
    let regions = accounts::enabled_regions(session, region).await;
    regions.map(EnabledRegions).map_err(|AwsError(unread)| unread)
}
