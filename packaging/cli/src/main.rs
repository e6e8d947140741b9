//! The `plumbline` command line.

#[cfg(feature = "aws")]
mod accounts;
mod arguments;
mod commands;
mod comparison;
mod configuration;
mod error;
mod evaluate;
mod fixes;
mod formats;
#[cfg(test)]
mod help;
mod inputs;
mod output;
#[cfg(feature = "aws")]
mod runtime;
mod sample;
mod selection;
mod suggestions;
mod terminal;

use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, Parser};

use crate::arguments::Verbosity;
use crate::commands::Command;
use crate::error::CliError;
use crate::terminal::ColorChoice;

/// Checks AWS accounts against the CIS AWS Foundations Benchmark 1.5.0.
#[derive(Debug, Parser)]
#[command(
    name = "plumbline",
    version = env!("PLUMBLINE_VERSION"),
    propagate_version = true,
    after_help = EXAMPLES
)]
struct CommandLine {
    /// Hide progress output
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Log more to stderr; -vv logs every API call
    #[arg(long, short, global = true, action = ArgAction::Count,
        help_heading = "Global options")]
    verbose: u8,
    /// Color the output; auto: on a terminal, unless NO_COLOR is set or TERM is dumb
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        help_heading = "Global options"
    )]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  # Evaluate the built-in sample, without AWS
  plumbline scan --sample
  # Evaluate some controls on your account
  plumbline scan --control 1,5.2
  # Write a report, and exit with code 1 if a resource fails
  plumbline scan --format table,json=scan.json --fail-on non-compliant
  # Print commands that fix the failures of a control
  plumbline fix --control 5.2 scan.json
  # Record an account, then evaluate the recording
  plumbline collect --output account.json
  plumbline scan --snapshot account.json
  # Show what a control checks
  plumbline explain 5.2

Exit codes:
  0         success
  1         a condition of --fail-on or --fail-on-severity is met, or a filter
            does not cover
  2         invalid usage or input
  3         incomplete: AWS was unreachable, or a part of the work failed or drifted
  130, 143  interrupted";

fn main() -> ExitCode {
    let CommandLine { quiet, verbose, color, command } = match CommandLine::try_parse() {
        Ok(given) => given,
        // This is the output of --help and --version.
        Err(shown) if !shown.use_stderr() => shown.exit(),
        Err(wrong) => {
            terminal::print_error(wrong.to_string().trim_end());
            return ExitCode::from(error::USAGE);
        }
    };
    terminal::choose_colors(color);
    #[cfg(feature = "aws")]
    runtime::log(verbose);
    let verbosity = Verbosity { is_quiet: quiet, is_verbose: verbose > 0 };
    command.run(verbosity, CommandLine::command).unwrap_or_else(|error| {
        report(&error);
        ExitCode::from(error.code)
    })
}

fn report(error: &CliError) {
    terminal::print_error(&format!("error: {}\n  {}", error.message, error.advice));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_texts_are_short_phrases() {
        let faults = help::faults(&CommandLine::command(), "plumbline");
        assert!(faults.is_empty(), "{} help texts:\n{}", faults.len(), faults.join("\n"));
    }

    #[test]
    fn examples_can_be_copied() {
        let faults = help::example_faults(&CommandLine::command());
        assert!(faults.is_empty(), "{} examples:\n{}", faults.len(), faults.join("\n"));
    }
}
