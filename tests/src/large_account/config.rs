//! AWS Config: what a rule's evaluations leave behind.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::call::{Call, HttpAnswer};

/// What AWS Config holds of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvaluation {
    /// `COMPLIANT`, `NON_COMPLIANT` or `NOT_APPLICABLE`.
    pub compliance: String,
    /// The reason.
    pub annotation: String,
    /// When it was put.
    pub recorded: DateTime<Utc>,
    resource_type: String,
}

type Evaluations = BTreeMap<String, StoredEvaluation>;

/// The token that a rule's event carries.
pub(super) const TOKEN: &str = "a-token";

pub(super) fn put(held: &mut Evaluations, call: &Call) -> HttpAnswer {
    if call.parameters["ResultToken"] != TOKEN {
        return HttpAnswer::json(
            &json!({ "__type": "InvalidResultTokenException", "message": "no" }),
        )
        .with_status(400);
    }
    for evaluation in call.parameters["Evaluations"].as_array().into_iter().flatten() {
        let text = |name: &str| evaluation[name].as_str().unwrap_or_default().to_owned();
        held.insert(
            text("ComplianceResourceId"),
            StoredEvaluation {
                compliance: text("ComplianceType"),
                annotation: text("Annotation"),
                recorded: Utc::now(),
                resource_type: text("ComplianceResourceType"),
            },
        );
    }
    HttpAnswer::json(&json!({ "FailedEvaluations": [] }))
}

pub(super) fn details(held: &Evaluations, call: &Call) -> HttpAnswer {
    let from: usize =
        call.parameters["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let reported: Vec<(&String, &StoredEvaluation)> =
        held.iter().filter(|(_, held)| held.compliance != "NOT_APPLICABLE").collect();
    let results: Vec<Value> = reported
        .iter()
        .skip(from)
        .take(100)
        .map(|(id, held)| {
            json!({
                "EvaluationResultIdentifier": { "EvaluationResultQualifier": {
                    "ConfigRuleName": "rule", "ResourceType": held.resource_type,
                    "ResourceId": id } },
                "ComplianceType": held.compliance, "Annotation": held.annotation,
                "ResultRecordedTime": held.recorded.timestamp()
            })
        })
        .collect();
    let next = from + results.len();
    let mut answer = json!({ "EvaluationResults": results });
    if next < reported.len() {
        answer["NextToken"] = json!(next.to_string());
    }
    HttpAnswer::json(&answer)
}
