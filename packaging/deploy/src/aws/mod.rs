//! The services that a deployment calls, one a file. All calls go through the session, under its
//! limits and with its mapping of errors.

pub(crate) mod backoff;
pub(crate) mod blocked_places;
pub(crate) mod buckets;
pub(crate) mod cloudformation;
pub(crate) mod config_packs;
pub(crate) mod functions;
pub(crate) mod stack_sets;
