//! Helpers of the end-to-end tests: the AWS test environment, the programs, and a Lambda runtime.
//!
//! `cargo xtask test` starts the environment and builds the programs. Each test uses its own
//! account, so that tests can run at the same time.

pub mod alarm_chain;
pub mod browser;
pub mod busy_aws;
pub mod checks;
pub mod config_items;
pub mod confinement;
pub mod environment;
pub mod fleet;
pub mod http_server;
pub mod lambda_runtime;
pub mod large_account;
pub mod outcomes;
pub mod pages;
pub mod programs;
pub mod readers;
pub mod sample;
pub mod shellcheck;
pub mod verdicts;

/// The folder of this package, from the environment that cargo sets at run time. A path from
/// compile time can belong to another checkout that shares the target directory.
pub fn package() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), Into::into)
}
