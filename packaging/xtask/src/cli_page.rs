//! The page of the command line, which the program itself writes.

use anyhow::ensure;

use crate::environment::cargo;

/// The page, below the root. A test of `plumbline-cli` compares it with the program.
pub(crate) const PATH: &str = "docs/reference/cli.md";

/// The page. It builds the program without AWS, whose command line is the same.
pub(crate) fn page() -> anyhow::Result<String> {
    let arguments = ["run", "--quiet", "--package", "plumbline-cli", "--no-default-features", "--"];
    let output = cargo(&arguments)?.args(["man", "--markdown"]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
