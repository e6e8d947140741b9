//! The AWS services that a deployment calls, one file each. All calls use the session with its
//! limits and error mapping.

pub(crate) mod backoff;
pub(crate) mod blocked_places;
pub(crate) mod buckets;
pub(crate) mod cloudformation;
pub(crate) mod config_packs;
pub(crate) mod control_policies;
pub(crate) mod functions;
pub(crate) mod stack_sets;
