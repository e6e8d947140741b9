//! `plumbline man`: prints the man page.

use clap::Command;
use clap_mangen::Man;

use crate::error::CliError;
use crate::output::no_stdout;
use crate::terminal::write_own;

/// Runs the command for the command line that `program` describes.
pub(crate) fn run(program: Command) -> Result<(), CliError> {
    let mut page = Vec::new();
    Man::new(program).render(&mut page).map_err(no_stdout)?;
    write_own(&String::from_utf8_lossy(&page)).map_err(no_stdout)
}
