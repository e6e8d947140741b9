//! Section 2: buckets, volumes, databases and file systems.

pub mod bucket_mfa_delete;
