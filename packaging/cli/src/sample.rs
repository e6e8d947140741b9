//! The built-in sample account.

use std::path::Path;

use plumbline_core::snapshot::Snapshot;

use crate::error::CliError;
use crate::inputs::{LocatedRegister, not_a_snapshot};

const REGISTER: &[u8] = include_bytes!("../sample/register.json");

/// The facts of the account, one list per benchmark section, from which the snapshot is created.
const SECTIONS: [&str; 5] = [
    include_str!("../sample/identity.json"),
    include_str!("../sample/storage.json"),
    include_str!("../sample/logging.json"),
    include_str!("../sample/monitoring.json"),
    include_str!("../sample/network.json"),
];

/// Returns the recorded account.
pub(crate) fn snapshot() -> Result<Snapshot, CliError> {
    let facts: Vec<&str> = SECTIONS
        .iter()
        .map(|section| section.trim().trim_start_matches('[').trim_end_matches(']'))
        .collect();
    let text = format!(
        r#"{{"schema":1,"recorded_at":"2026-03-02T08:00:00Z","accounts":[{{
            "account_id":"111122223333","partition":"aws","home_region":"us-east-1",
            "regions":["eu-central-1","us-east-1"],"facts":[{}]}}]}}"#,
        facts.join(",")
    );
    Snapshot::parse(text.as_bytes())
        .map_err(|error| not_a_snapshot(Path::new("(sample account)"), error))
}

/// Returns the register of the sample account.
pub(crate) fn register() -> Result<LocatedRegister, CliError> {
    LocatedRegister::parse("(sample register)", REGISTER)
}
