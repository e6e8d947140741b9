//! Reads the parts of a report that fixes require.

use std::path::Path;

use plumbline_core::document::other_document;
use plumbline_core::evaluation::{Compliance, Remedy, ResourceRef};
use plumbline_core::evidence::Evidence;
use plumbline_core::parameters::Values;
use plumbline_core::scan_report::SCHEMA;
use serde::Deserialize;

use crate::error::CliError;
use crate::inputs;

/// A scan report. Unknown members are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct FixableReport {
    pub(super) generated_at: String,
    pub(super) run: ReportedRun,
    pub(super) accounts: Vec<FixableAccount>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReportedRun {
    pub(super) tool: Option<ReportedTool>,
    #[serde(default)]
    pub(super) complete: bool,
    #[serde(default)]
    pub(super) incomplete_because: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReportedTool {
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct FixableAccount {
    pub(super) account_id: String,
    pub(super) partition: String,
    #[serde(default)]
    pub(super) regions: Vec<String>,
    pub(super) controls: Vec<FixableControl>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FixableControl {
    pub(super) id: String,
    pub(super) slug: String,
    #[serde(default)]
    pub(super) parameters: Values,
    pub(super) evaluations: Vec<FixableEvaluation>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FixableEvaluation {
    #[serde(flatten)]
    pub(super) resource: ResourceRef,
    #[serde(default)]
    pub(super) resource_name: Option<String>,
    pub(super) compliance: Compliance,
    pub(super) reason: String,
    #[serde(default = "Evidence::none")]
    pub(super) evidence: Evidence,
    #[serde(default)]
    pub(super) remediation: Option<Box<Remedy>>,
}

impl FixableReport {
    /// Reads a report.
    ///
    /// # Errors
    /// The file is not a report, or has another schema.
    pub(crate) fn read(file: &Path) -> Result<Self, CliError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let text = inputs::text(file)?;
        let not_a_report = |error: serde_json::Error| inputs::not_a_report(file, error);
        let Version { schema } = serde_json::from_str(&text).map_err(|error| {
            let other = other_document(text.as_bytes());
            other.map_or_else(|| not_a_report(error), |what| inputs::not_a_report(file, what))
        })?;
        if schema != SCHEMA {
            return Err(CliError::usage(
                format!(
                    "'{}' has schema {schema}; this version creates fixes from schema {SCHEMA}",
                    file.display()
                ),
                "Scan again with this version, or use the version that wrote the report.",
            ));
        }
        let report: Self = serde_json::from_str(&text).map_err(not_a_report)?;
        let is_id = |id: &str| id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_digit());
        match report.accounts.iter().find(|account| !is_id(&account.account_id)) {
            Some(account) => {
                let what = format!("'{}' is not an account ID", account.account_id);
                Err(inputs::not_a_report(file, what))
            }
            None => Ok(report),
        }
    }
}
