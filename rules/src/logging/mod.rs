//! Controls of section 3: trails, recorders, keys and flow logs.

pub(crate) mod config_recorder;
pub(crate) mod kms_rotation;
pub(crate) mod s3_read_events;
pub(crate) mod s3_write_events;
pub(crate) mod trail_all_regions;
pub(crate) mod trail_bucket_logging;
pub(crate) mod trail_bucket_public;
pub(crate) mod trail_cloudwatch_logs;
pub(crate) mod trail_kms;
pub(crate) mod trail_log_validation;
pub(crate) mod vpc_flow_logs;
