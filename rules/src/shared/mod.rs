//! Code that controls share. Sections import from here, and never from each other.

pub(crate) mod access_keys;
pub(crate) mod address_blocks;
pub(crate) mod admin_ports;
pub(crate) mod buckets;
pub(crate) mod credentials;
pub(crate) mod databases;
pub(crate) mod names;
pub(crate) mod object_events;
pub(crate) mod passwords;
pub(crate) mod policies;
pub(crate) mod public_bucket;
pub(crate) mod root;
pub(crate) mod shell;
pub(crate) mod trails;
