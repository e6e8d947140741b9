//! Everything that talks to AWS: sessions, reading of facts, publishing of evaluations.
//!
//! Nothing here knows a single control. A fact is read by the collector of its kind, in one file a
//! service; what a control needs follows from the facts that it declares.

pub mod accounts;
pub mod aggregator;
pub mod call;
mod collect;
pub mod coverage;
pub mod documents;
pub mod error;
pub mod handler;
pub mod memory;
mod oversized;
pub mod publish;
pub mod reader;
pub mod register;
pub mod session;
pub mod settings;
pub mod stop;
mod time;
mod truncation;
