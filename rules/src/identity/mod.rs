//! Controls of section 1: users, keys and the root user.

pub(crate) mod access_analyzer;
pub(crate) mod access_key_age;
pub(crate) mod admin_policy;
pub(crate) mod central_identity;
pub(crate) mod console_user_mfa;
pub(crate) mod contact_details;
pub(crate) mod expired_certificate;
pub(crate) mod initial_access_key;
pub(crate) mod instance_profile;
pub(crate) mod password_length;
pub(crate) mod password_reuse;
pub(crate) mod root_access_key;
pub(crate) mod root_hardware_mfa;
pub(crate) mod root_last_use;
pub(crate) mod root_mfa;
pub(crate) mod security_contact;
pub(crate) mod security_questions;
pub(crate) mod single_active_key;
pub(crate) mod support_role;
pub(crate) mod unused_credentials;
pub(crate) mod user_direct_policies;
