//! The controls of the CIS AWS Foundations Benchmark 1.5.0: one file a control, and the registry.
//!
//! A control is a pure function of facts, parameters and the time. Nothing here depends on an AWS
//! SDK, on an async runtime or on the environment.

pub mod identity;
pub mod logging;
pub mod monitoring;
pub mod network;
pub mod registry;
pub mod storage;
