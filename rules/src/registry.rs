//! The registry of all controls.

use plumbline_core::control::Control;

use crate::{identity, logging, monitoring, network, storage};

/// All controls, in the order of the benchmark. `monitoring/alarms/table.rs` declares 4.1 to 4.15.
pub static CONTROLS: [&Control; 63] = [
    &identity::contact_details::CONTROL,
    &identity::security_contact::CONTROL,
    &identity::security_questions::CONTROL,
    &identity::root_access_key::CONTROL,
    &identity::root_mfa::CONTROL,
    &identity::root_hardware_mfa::CONTROL,
    &identity::root_last_use::CONTROL,
    &identity::password_length::CONTROL,
    &identity::password_reuse::CONTROL,
    &identity::console_user_mfa::CONTROL,
    &identity::initial_access_key::CONTROL,
    &identity::unused_credentials::CONTROL,
    &identity::single_active_key::CONTROL,
    &identity::access_key_age::CONTROL,
    &identity::user_direct_policies::CONTROL,
    &identity::admin_policy::CONTROL,
    &identity::support_role::CONTROL,
    &identity::instance_profile::CONTROL,
    &identity::expired_certificate::CONTROL,
    &identity::access_analyzer::CONTROL,
    &identity::central_identity::CONTROL,
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
    &logging::trail_log_validation::CONTROL,
    &logging::trail_bucket_public::CONTROL,
    &logging::trail_cloudwatch_logs::CONTROL,
    &logging::config_recorder::CONTROL,
    &logging::trail_bucket_logging::CONTROL,
    &logging::trail_kms::CONTROL,
    &logging::kms_rotation::CONTROL,
    &logging::vpc_flow_logs::CONTROL,
    &logging::s3_write_events::CONTROL,
    &logging::s3_read_events::CONTROL,
    &monitoring::alarms::CONTROLS[0],
    &monitoring::alarms::CONTROLS[1],
    &monitoring::alarms::CONTROLS[2],
    &monitoring::alarms::CONTROLS[3],
    &monitoring::alarms::CONTROLS[4],
    &monitoring::alarms::CONTROLS[5],
    &monitoring::alarms::CONTROLS[6],
    &monitoring::alarms::CONTROLS[7],
    &monitoring::alarms::CONTROLS[8],
    &monitoring::alarms::CONTROLS[9],
    &monitoring::alarms::CONTROLS[10],
    &monitoring::alarms::CONTROLS[11],
    &monitoring::alarms::CONTROLS[12],
    &monitoring::alarms::CONTROLS[13],
    &monitoring::alarms::CONTROLS[14],
    &monitoring::security_hub::CONTROL,
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

/// Returns the control with an id, slug or rule name.
pub fn find(name: &str) -> Option<&'static Control> {
    CONTROLS.into_iter().find(|control| control.is_called(name))
}
