//! Section 5: network ACLs, security groups and routes.

pub mod admin_ports;
pub mod sg_admin_ports_ipv4;
