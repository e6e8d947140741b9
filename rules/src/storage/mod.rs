//! Controls of section 2: buckets, volumes, databases and file systems.

pub(crate) mod bucket_data_classified;
pub(crate) mod bucket_deny_http;
pub(crate) mod bucket_encryption;
pub(crate) mod bucket_mfa_delete;
pub(crate) mod bucket_public_access_block;
pub(crate) mod ebs_default_encryption;
pub(crate) mod efs_encryption;
pub(crate) mod rds_encryption;
pub(crate) mod rds_minor_upgrade;
pub(crate) mod rds_public_access;
