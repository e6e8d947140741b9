//! Reads reports of this version and earlier versions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use plumbline_core::document::other_value;
use plumbline_core::evaluation::{Compliance, ResourceRef};
use plumbline_core::scan_report::{SCHEMA, ScanReport, display_name};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::CliError;
use crate::inputs;

/// The identity of a result. Its members form the ID of the finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct ResultKey {
    pub(crate) account_id: String,
    pub(crate) control: String,
    pub(crate) region: String,
    pub(crate) resource_type: String,
    pub(crate) resource_id: String,
}

/// The schema of reports before waived failures had their own outcome, and before reports listed
/// parameters.
const WITHOUT_RULES: u32 = 1;

/// The parts of a report that are read. Unknown members are ignored.
#[derive(Deserialize)]
pub(crate) struct ReadReport {
    schema: u32,
    pub(super) generated_at: String,
    accounts: Vec<ReportedAccount>,
}

impl ReadReport {
    /// Converts a report of this run.
    pub(crate) fn of(report: &ScanReport) -> serde_json::Result<Self> {
        Self::deserialize(serde_json::to_value(report)?)
    }

    /// Whether the report lists the parameters of its controls.
    pub(super) fn states_rules(&self) -> bool {
        self.schema > WITHOUT_RULES
    }
}

#[derive(Deserialize)]
struct ReportedAccount {
    account_id: String,
    regions: Vec<String>,
    controls: Vec<ReportedControl>,
}

#[derive(Deserialize)]
struct ReportedControl {
    id: String,
    #[serde(default)]
    parameters: Option<BTreeMap<String, String>>,
    evaluations: Vec<ReportedEvaluation>,
}

#[derive(Deserialize)]
struct ReportedEvaluation {
    #[serde(flatten)]
    resource: ResourceRef,
    #[serde(default)]
    resource_name: Option<String>,
    compliance: Compliance,
    reason: String,
    #[serde(default)]
    evidence: Value,
}

/// Reads the report of a scan.
pub(crate) fn read(file: &Path) -> Result<ReadReport, CliError> {
    read_with_sha256(file).map(|(report, _)| report)
}

/// Reads the report of a scan, with the SHA-256 of its file.
pub(crate) fn read_with_sha256(file: &Path) -> Result<(ReadReport, String), CliError> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let (document, sha256): (Value, String) = inputs::report_and_sha256(file)?;
    if let Some(what) = other_value(&document) {
        return Err(inputs::not_a_report(file, what));
    }
    let not_a_report = |error: serde_json::Error| inputs::not_a_report(file, error);
    let Version { schema } = Version::deserialize(&document).map_err(not_a_report)?;
    if !(WITHOUT_RULES..=SCHEMA).contains(&schema) {
        let what = format!("its schema is {schema}; this version reads schemas 1 and {SCHEMA}");
        return Err(inputs::not_a_report(file, what));
    }
    ReadReport::deserialize(document).map(|report| (report, sha256)).map_err(not_a_report)
}

/// The outcome of a result.
#[derive(Debug)]
pub(super) struct ReadOutcome {
    pub(super) compliance: Compliance,
    pub(super) reason: String,
    pub(super) name: String,
}

/// The outcomes of a report, with the accounts, controls and Regions that it covers.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub(super) by_key: BTreeMap<ResultKey, ReadOutcome>,
    /// The controls and Regions of each account.
    pub(super) accounts: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// The parameters by account and control, if the report lists them.
    pub(super) parameters: BTreeMap<(String, String), BTreeMap<String, String>>,
}

impl Outcomes {
    pub(super) fn of(report: ReadReport) -> Self {
        let mut outcomes = Self::default();
        for ReportedAccount { account_id, regions, controls } in report.accounts {
            let ids = controls.iter().map(|control| control.id.clone()).collect();
            outcomes.accounts.insert(account_id.clone(), (ids, regions.into_iter().collect()));
            for ReportedControl { id, parameters, evaluations } in controls {
                if let Some(parameters) = parameters {
                    outcomes.parameters.insert((account_id.clone(), id.clone()), parameters);
                }
                for evaluation in evaluations {
                    let (key, outcome) = evaluation.outcome(&account_id, &id);
                    outcomes.by_key.insert(key, outcome);
                }
            }
        }
        outcomes
    }
}

impl ReportedEvaluation {
    fn outcome(self, account_id: &str, control: &str) -> (ResultKey, ReadOutcome) {
        let Self { resource, resource_name, compliance, reason, evidence } = self;
        // Before waived failures had their own outcome, they had this one.
        let is_waived = compliance == Compliance::NotApplicable
            && evidence.get("exception").is_some_and(Value::is_object);
        let name = resource_name
            .or_else(|| evidence.get("name").and_then(Value::as_str).map(str::to_owned))
            .map(|name| display_name(&resource, Some(&name)));
        let outcome = ReadOutcome {
            compliance: if is_waived { Compliance::Waived } else { compliance },
            reason,
            name: name.unwrap_or_else(|| display_name(&resource, None)),
        };
        let ResourceRef { resource_type, resource_id, region, .. } = resource;
        let key = ResultKey {
            account_id: account_id.to_owned(),
            control: control.to_owned(),
            region,
            resource_type,
            resource_id,
        };
        (key, outcome)
    }
}
