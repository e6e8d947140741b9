//! The vocabulary of Plumbline: the facts that a control can read, its verdicts, and how results
//! are processed.
//!
//! Everything here is pure: nothing reads AWS, the clock, the environment or a file, and nothing
//! depends on an AWS SDK or an async runtime. `common/aws` and the packages do that.
// Controls are written against this package, so its documentation is complete.
#![warn(missing_docs)]

pub mod answer;
pub mod assess;
mod automaton;
pub mod availability;
pub mod aws;
mod aws_cli;
pub mod benchmark;
pub mod control;
pub mod coverage;
pub mod crosswalk;
pub mod document;
pub mod engine;
pub mod evaluation;
pub mod event;
pub mod evidence;
pub mod example;
pub mod fact;
pub mod facts;
pub mod filter;
pub mod finding;
pub mod fix;
pub mod glob;
pub mod item;
pub mod operation;
pub mod parameters;
pub mod policy;
pub mod prelude;
pub mod register;
pub mod remediation;
pub mod resources;
pub mod scan_report;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod view;
