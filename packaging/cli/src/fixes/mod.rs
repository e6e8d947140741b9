//! Fixes for the failures of a report, as a script or as Terraform configuration.

mod list;
mod report;
mod shell;
mod terraform;

pub(crate) use self::list::{FixScope, NoAccount, fixes};
pub(crate) use self::report::FixableReport;
pub(crate) use self::shell::script;
pub(crate) use self::terraform::configuration;
