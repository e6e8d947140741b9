//! All controls, in the benchmark's order.

use plumbline_core::control::Control;

use crate::{identity, logging, network, storage};

/// All controls, in the benchmark's order.
pub static CONTROLS: [&Control; 19] = [
    &identity::security_questions::CONTROL,
    &identity::root_access_key::CONTROL,
    &identity::unused_credentials::CONTROL,
    &storage::bucket_encryption::CONTROL,
    &storage::bucket_deny_http::CONTROL,
    &storage::bucket_mfa_delete::CONTROL,
    &storage::bucket_data_classified::CONTROL,
    &storage::bucket_public_access_block::CONTROL,
    &storage::ebs_default_encryption::CONTROL,
    &storage::rds_encryption::CONTROL,
    &storage::rds_minor_upgrade::CONTROL,
    &storage::rds_public_access::CONTROL,
    &storage::efs_encryption::CONTROL,
    &logging::trail_all_regions::CONTROL,
    &network::nacl_admin_ports::CONTROL,
    &network::sg_admin_ports_ipv4::CONTROL,
    &network::sg_admin_ports_ipv6::CONTROL,
    &network::default_sg_closed::CONTROL,
    &network::peering_routes::CONTROL,
];

#[expect(clippy::indexing_slicing, reason = "an index out of bounds would not compile here")]
const _: () = {
    let mut at = 1;
    while at < CONTROLS.len() {
        assert!(CONTROLS[at - 1].id.precedes(CONTROLS[at].id), "the registry is out of order");
        at += 1;
    }
};

/// The control that a text names by id, slug or rule name.
pub fn find(name: &str) -> Option<&'static Control> {
    CONTROLS.into_iter().find(|control| control.is_called(name))
}
