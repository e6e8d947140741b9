//! `plumbline completions`: prints a completion script for a shell.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::error::CliError;
use crate::output::no_stdout;
use crate::terminal::write_own;

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Runs the command. `program` describes the command line.
pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<(), CliError> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, name, &mut script);
    write_own(&String::from_utf8_lossy(&script)).map_err(no_stdout)
}
