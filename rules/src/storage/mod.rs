//! Section 2: buckets, volumes, databases and file systems.

pub mod bucket_data_classified;
pub mod bucket_deny_http;
pub mod bucket_encryption;
pub mod bucket_mfa_delete;
pub mod bucket_public_access_block;
pub mod databases;
pub mod ebs_default_encryption;
pub mod efs_encryption;
pub mod rds_encryption;
pub mod rds_minor_upgrade;
pub mod rds_public_access;
