//! The controls of the CIS AWS Foundations Benchmark 1.5.0, one per file, and their registry.
//!
//! A control is a pure function of facts, parameters and the time. Nothing here depends on an AWS
//! SDK, on an async runtime or on the environment.

pub(crate) mod identity;
pub(crate) mod logging;
pub(crate) mod monitoring;
pub(crate) mod network;
pub mod parameter_file;
pub mod registry;
pub mod scan_file;
pub(crate) mod shared;
pub(crate) mod storage;
