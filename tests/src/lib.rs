//! What the end-to-end tests share: the AWS test environment, the programs, and a Lambda runtime.
//!
//! `cargo xtask test` starts the environment and builds the programs. Each test takes an account of its own, so that they can run at the same time.

pub mod aws;
pub mod chain;
pub mod items;
pub mod lambda;
pub mod programs;
pub mod verdicts;
