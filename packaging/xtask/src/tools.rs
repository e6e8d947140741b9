//! `cargo xtask tool`: runs the programs that check the repository, in the versions of
//! `.ci/requirements.txt` from PyPI. They are prebuilt, so that nothing needs to be compiled.

use std::process::Command;

use anyhow::ensure;

use crate::environment::{run, virtual_environment};
use crate::root;

/// Runs a tool in the root of the checkout. The virtual environment is created if it is missing or
/// its requirements have changed.
pub(crate) fn tool(name: &str, arguments: &[String]) -> anyhow::Result<()> {
    let python = virtual_environment("tools", ".ci/requirements.txt")?;
    let program = python.with_file_name(name);
    ensure!(
        program.is_file(),
        "unknown tool '{name}': add the package that contains it to .ci/requirements.txt"
    );
    run(Command::new(program).args(arguments).current_dir(root()?))
}
