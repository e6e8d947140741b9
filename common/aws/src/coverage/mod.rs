//! Looks after the accounts of an organization: which of them have results that are renewed, and a
//! scan of those that have no rules. What follows from what is read is decided in
//! `plumbline_core::coverage`.

mod account;
mod checker;
mod error;
mod members;
mod report;
mod results;
mod role;
mod rules;
mod scan;

pub use self::checker::{CoverageChecker, CoverageSettings};
pub use self::error::CoverageError;
pub use self::members::{AccountList, SummaryEvent};
pub use self::results::ResultsBucket;
