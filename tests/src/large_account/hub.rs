//! Security Hub: the findings that were imported.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::call::Call;
use crate::http_server::HttpAnswer;

/// A finding in Security Hub.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFinding {
    /// The finding as it was imported.
    pub finding: Value,
}

impl StoredFinding {
    pub(super) fn of(finding: Value) -> (String, Self) {
        (finding["Id"].as_str().unwrap_or_default().to_owned(), Self { finding })
    }

    /// `PASSED`, `FAILED`, …
    pub fn status(&self) -> &str {
        self.finding["Compliance"]["Status"].as_str().unwrap_or_default()
    }
}

type Findings = BTreeMap<String, StoredFinding>;

pub(super) fn import(held: &mut Findings, call: &Call) -> HttpAnswer {
    let findings = call.parameters["Findings"].as_array().cloned().unwrap_or_default();
    let count = findings.len();
    for finding in findings {
        let (id, stored) = StoredFinding::of(finding);
        held.insert(id, stored);
    }
    HttpAnswer::json(&json!({ "FailedCount": 0, "SuccessCount": count, "FailedFindings": [] }))
}

/// Whether a finding matches the filters that the function sends: ids, controls, record states.
fn is_wanted(stored: &StoredFinding, filters: &Value) -> bool {
    ["Id", "GeneratorId", "RecordState"].into_iter().all(|member| {
        filters[member].as_array().is_none_or(|values| {
            values.iter().any(|value| value["Value"] == stored.finding[member])
        })
    })
}

pub(super) fn get(held: &Findings, call: &Call) -> HttpAnswer {
    let token = call.parameters["NextToken"].as_str().unwrap_or("");
    let filters = &call.parameters["Filters"];
    let rest = held
        .range::<str, _>((
            if token.is_empty() {
                std::ops::Bound::Unbounded
            } else {
                std::ops::Bound::Excluded(token)
            },
            std::ops::Bound::Unbounded,
        ))
        .filter(|(_, stored)| is_wanted(stored, filters));
    let page: Vec<(&String, &StoredFinding)> = rest.take(101).collect();
    let (page, more) = if page.len() > 100 { (&page[..100], true) } else { (&page[..], false) };
    let findings: Vec<Value> = page.iter().map(|(_, stored)| padded(&stored.finding)).collect();
    let mut answer = json!({ "Findings": findings });
    if let (true, Some((id, _))) = (more, page.last()) {
        answer["NextToken"] = json!(id);
    }
    HttpAnswer::json(&answer)
}

/// A finding with the members that Security Hub adds: about 4 KB in all.
fn padded(finding: &Value) -> Value {
    let mut padded = finding.clone();
    padded["Workflow"] = json!({ "Status": "NEW" });
    padded["WorkflowState"] = json!("NEW");
    padded["ProcessedAt"] = json!("2026-01-01T00:00:00.000Z");
    let size = padded.to_string().len();
    padded["UserDefinedFields"] =
        json!({ "padding": "x".repeat(4_000_usize.saturating_sub(size)) });
    padded
}

/// Makes all findings older.
pub(super) fn age(held: &mut Findings, by: TimeDelta) {
    let older = |value: &mut Value| {
        let time = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        if let Some(time) = time {
            *value = json!((time - by).to_utc().to_rfc3339_opts(SecondsFormat::Millis, true));
        }
    };
    for StoredFinding { finding } in held.values_mut() {
        for time in ["CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"] {
            finding.get_mut(time).into_iter().for_each(older);
        }
        finding["ProductFields"].get_mut("plumbline/Observed").into_iter().for_each(older);
    }
}
