//! `plumbline man`: prints or writes man pages.

mod markdown;

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use crate::arguments::folder;
use crate::error::CliError;
use crate::output::no_stdout;
use crate::terminal::write_own;

/// Print a man page, or write all man pages to a directory
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Command, such as scan or filter cover [default: the program itself]
    #[arg(conflicts_with = "dir")]
    pub(crate) command: Vec<String>,
    /// Directory for the man pages of the program and all its commands
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub(crate) dir: Option<PathBuf>,
    /// Print all commands as the page of the documentation site
    #[arg(long, hide = true, conflicts_with_all = ["command", "dir"])]
    pub(crate) markdown: bool,
}

/// Runs the command. `program` describes the command line.
pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<(), CliError> {
    program = without_help(program);
    program.build();
    if let Some(dir) = &arguments.dir {
        return write_all(program, dir);
    }
    if arguments.markdown {
        return write_own(&markdown::page(&program)).map_err(no_stdout);
    }
    let mut page = &program;
    for name in &arguments.command {
        page = page.find_subcommand(name).ok_or_else(|| {
            CliError::usage(
                format!("unknown command '{}'", arguments.command.join(" ")),
                "Run 'plumbline --help' to list the commands.",
            )
        })?;
    }
    let mut text = Vec::new();
    Man::new(page.clone()).render(&mut text).map_err(no_stdout)?;
    write_own(&String::from_utf8_lossy(&text)).map_err(no_stdout)
}

/// Removes the help subcommands, whose pages would repeat the others.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

fn write_all(program: Command, dir: &Path) -> Result<(), CliError> {
    let unwritable = |error: std::io::Error| {
        CliError::usage(
            format!("cannot write man pages to '{}': {error}", dir.display()),
            "Give a directory that you have permission to write to.",
        )
    };
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    clap_mangen::generate_to(program, dir).map_err(unwritable)
}
