//! The table of calls in `docs/performance.md`, from `tests/calls.toml`.

use std::fmt::Write;

use anyhow::Context;
use serde::Deserialize;

use crate::root;

const FILE: &str = "tests/calls.toml";

/// The file: one entry per control.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    control: Vec<ControlCalls>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlCalls {
    id: String,
    /// The calls that the control makes in the large demo account.
    calls: u64,
    /// The fewest that AWS's operations allow there.
    least: u64,
    /// What the calls are for; empty where that is obvious.
    made_of: String,
}

/// The section of the page.
pub(crate) fn section() -> anyhow::Result<String> {
    let text = std::fs::read_to_string(root()?.join(FILE))
        .with_context(|| format!("cannot read {FILE}"))?;
    let Calls { control } =
        toml::from_str(&text).with_context(|| format!("{FILE} is not valid"))?;
    let mut table =
        "| control | calls | least possible | made of |\n|---|---|---|---|\n".to_owned();
    for ControlCalls { id, calls, least, made_of } in control {
        let _ = writeln!(table, "| {id} | {calls} | {least} | {made_of} |");
    }
    Ok(table)
}
