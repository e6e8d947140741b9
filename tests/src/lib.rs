//! What the end-to-end tests share: the AWS test environment, the programs, and a Lambda runtime.
//!
//! `cargo xtask test` starts the environment and builds the programs. Each test takes an account of
//! its own, so that they can run at the same time.

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

/// The folder of this package, as cargo says when it runs something: what another checkout built
/// into the same target directory counts as fresh, and would know that checkout's folder only.
pub fn package() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), Into::into)
}
