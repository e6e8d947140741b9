//! Section 5: network ACLs, security groups and routes.

pub mod admin_ports;
pub mod default_sg_closed;
pub mod nacl_admin_ports;
pub mod peering_routes;
pub mod sg_admin_ports_ipv4;
pub mod sg_admin_ports_ipv6;
