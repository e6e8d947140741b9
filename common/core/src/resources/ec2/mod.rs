//! Resources of Amazon EC2 and Amazon VPC.

mod instances;
mod network_acls;
mod route_tables;
mod security_groups;
mod vpcs;
