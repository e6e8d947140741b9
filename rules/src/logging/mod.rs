//! Section 3: trails, recorders, keys and flow logs.

pub mod config_recorder;
pub mod kms_rotation;
mod object_events;
pub mod s3_read_events;
pub mod s3_write_events;
pub mod trail_all_regions;
pub mod trail_bucket_logging;
pub mod trail_bucket_public;
pub mod trail_cloudwatch_logs;
pub mod trail_kms;
pub mod trail_log_validation;
pub mod trails;
pub mod vpc_flow_logs;
