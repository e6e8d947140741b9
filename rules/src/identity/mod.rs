//! Section 1: users, keys and the root user.

pub mod root_access_key;
pub mod security_questions;
pub mod unused_credentials;
