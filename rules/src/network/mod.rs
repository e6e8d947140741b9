//! Controls of section 5: network ACLs, security groups and routes.

pub(crate) mod default_sg_closed;
pub(crate) mod nacl_admin_ports;
pub(crate) mod peering_routes;
pub(crate) mod sg_admin_ports_ipv4;
pub(crate) mod sg_admin_ports_ipv6;
