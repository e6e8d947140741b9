//! All controls, in the benchmark's order.

use plumbline_core::control::Control;

use crate::{identity, logging, monitoring, network, storage};

/// All controls, in the benchmark's order.
pub static CONTROLS: [&Control; 31] = [
    &identity::security_questions::CONTROL,
    &identity::root_access_key::CONTROL,
    &identity::unused_credentials::CONTROL,
    &storage::bucket_mfa_delete::CONTROL,
    &logging::trail_all_regions::CONTROL,
    &logging::trail_log_validation::CONTROL,
    &logging::trail_cloudwatch_logs::CONTROL,
    &logging::config_recorder::CONTROL,
    &logging::trail_bucket_logging::CONTROL,
    &logging::trail_kms::CONTROL,
    &logging::kms_rotation::CONTROL,
    &logging::vpc_flow_logs::CONTROL,
    &logging::s3_write_events::CONTROL,
    &logging::s3_read_events::CONTROL,
    &monitoring::alarms::unauthorized_calls::CONTROL,
    &monitoring::alarms::console_no_mfa::CONTROL,
    &monitoring::alarms::root_use::CONTROL,
    &monitoring::alarms::iam_policy::CONTROL,
    &monitoring::alarms::cloudtrail::CONTROL,
    &monitoring::alarms::console_failure::CONTROL,
    &monitoring::alarms::kms_key::CONTROL,
    &monitoring::alarms::bucket_policy::CONTROL,
    &monitoring::alarms::config::CONTROL,
    &monitoring::alarms::security_group::CONTROL,
    &monitoring::alarms::network_acl::CONTROL,
    &monitoring::alarms::gateway::CONTROL,
    &monitoring::alarms::route_table::CONTROL,
    &monitoring::alarms::vpc::CONTROL,
    &monitoring::alarms::organizations::CONTROL,
    &monitoring::security_hub::CONTROL,
    &network::sg_admin_ports_ipv4::CONTROL,
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
