//! Section 1: users, keys and the root user.

pub mod access_analyzer;
pub mod access_key_age;
pub mod admin_policy;
pub mod central_identity;
pub mod console_user_mfa;
pub mod contact_details;
pub mod credentials;
pub mod expired_certificate;
pub mod initial_access_key;
pub mod instance_profile;
pub mod password_length;
pub mod password_reuse;
pub mod policies;
pub mod root;
pub mod root_access_key;
pub mod root_hardware_mfa;
pub mod root_last_use;
pub mod root_mfa;
pub mod security_contact;
pub mod security_questions;
pub mod single_active_key;
pub mod support_role;
pub mod unused_credentials;
pub mod user_direct_policies;
