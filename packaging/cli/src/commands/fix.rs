//! `plumbline fix`: prints commands that fix the failures of a report.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plumbline_core::aws::AccountId;

use crate::error::CliError;
use crate::fixes::{FixScope, FixableReport, NoAccount, configuration, fixes, script};
use crate::output;
use crate::selection::check_names;
use crate::suggestions::control_name;

/// Print a script or Terraform configuration that fixes the failures of a report
///
/// The command runs nothing, needs no credentials and makes no call. Commands that delete, revoke
/// access, cost money or replace a complete document are printed as comments.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// JSON report of a scan; - for standard input
    pub(crate) scan: PathBuf,
    /// Control ID, slug, rule name or section (2.1); repeatable [default: all]
    ///
    /// Several values can also be separated by commas.
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = control_name(),
        hide_possible_values = true)]
    pub(crate) control: Vec<String>,
    /// Account ID; required if several accounts have failures
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<AccountId>,
    /// Output format
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = FixForm::Sh)]
    pub(crate) form: FixForm,
    /// Also print disruptive commands as commands, not as comments
    #[arg(long)]
    pub(crate) include_disruptive: bool,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixForm {
    /// A script for bash with the AWS CLI
    Sh,
    /// Terraform resources with import blocks; comments name other arguments to set
    Terraform,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    check_names(&arguments.control)?;
    let report = FixableReport::read(&arguments.scan)?;
    let account = arguments.account.as_ref().map(AccountId::as_str);
    let scope = FixScope { controls: &arguments.control, account };
    let list = fixes(&report, &arguments.scan, &scope).map_err(|why| match why {
        NoAccount::Absent => CliError::usage(
            match account {
                Some(id) => format!("the report does not contain account {id}"),
                None => "the report contains no account".to_owned(),
            },
            "Give a report that contains the account.",
        ),
        NoAccount::Several(ids) => CliError::usage(
            format!("{} accounts have failures: {}", ids.len(), some_of(&ids)),
            "Select one with --account ID. A script fixes one account.",
        ),
    })?;
    let is_all = arguments.include_disruptive;
    output::print(&match arguments.form {
        FixForm::Sh => script(&list, is_all),
        FixForm::Terraform => configuration(&list, is_all),
    })
}

/// Lists the first IDs and the number of the remaining ones.
fn some_of(ids: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = ids.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
