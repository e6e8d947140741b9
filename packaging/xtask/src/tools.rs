//! `cargo xtask tool`: the programs that check the repository, from PyPI, in the versions of
//! `.ci/requirements.txt`. They are prebuilt, so that nobody compiles them.

use std::process::Command;

use anyhow::ensure;

use crate::environment::{run, virtual_environment};
use crate::root;

/// Runs a tool in the root of the checkout. The virtual environment is created when it is missing
/// and when the requirements have changed.
pub(crate) fn tool(name: &str, arguments: &[String]) -> anyhow::Result<()> {
    let python = virtual_environment("tools", ".ci/requirements.txt")?;
    let program = python.with_file_name(name);
    ensure!(
        program.is_file(),
        "unknown tool '{name}': add the package that contains it to .ci/requirements.txt"
    );
    run(Command::new(program).args(arguments).current_dir(root()?))
}
