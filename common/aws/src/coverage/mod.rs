//! Checks the coverage of an organization's accounts: whether their results are current, and a scan
//! where rules are missing. `plumbline_core::coverage` decides what follows from the facts.

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
