//! All communication with AWS: sessions, reading of facts, publishing of evaluations.
//!
//! Nothing here depends on a single control. The collector of its kind reads a fact, in one file
//! for each service. The facts that a control declares determine what it needs.

pub mod accounts;
pub mod aggregator;
pub mod call;
mod collect;
pub mod coverage;
pub mod documents;
#[cfg(feature = "deploy")]
pub mod download;
pub mod error;
pub mod handler;
pub mod memory;
pub mod network;
mod oversized;
pub mod publish;
pub mod reader;
pub mod register;
pub mod session;
pub mod settings;
pub mod stop;
mod time;
mod truncation;
