//! What remedies the failures of a report: which there are, as a script, and for Terraform.

mod list;
mod report;
mod shell;
mod terraform;

pub(crate) use self::list::{FixScope, NoAccount, fixes};
pub(crate) use self::report::FixableReport;
pub(crate) use self::shell::script;
pub(crate) use self::terraform::configuration;
