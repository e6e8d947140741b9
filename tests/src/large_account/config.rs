//! AWS Config: the results of rule evaluations.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::call::Call;
use crate::http_server::HttpAnswer;

/// The result of a resource in AWS Config.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvaluation {
    /// `COMPLIANT`, `NON_COMPLIANT` or `NOT_APPLICABLE`.
    pub compliance: String,
    /// The reason.
    pub annotation: String,
    /// When it was reported.
    pub recorded: DateTime<Utc>,
    resource_type: String,
    /// AWS Config keeps the evaluation of a resource with the latest of these times.
    ordering: f64,
}

/// The results in AWS Config, by rule and id of the resource.
pub(super) type Evaluations = BTreeMap<(String, String), StoredEvaluation>;

/// The prefix of every token of this account; the rule's name follows.
pub(super) const TOKEN: &str = "token-of-";

pub(super) fn put(held: &mut Evaluations, call: &Call) -> HttpAnswer {
    let token = call.parameters["ResultToken"].as_str().unwrap_or_default();
    let Some(rule) = token.strip_prefix(TOKEN) else {
        return HttpAnswer::json(
            &json!({ "__type": "InvalidResultTokenException", "message": "no" }),
        )
        .with_status(400);
    };
    for evaluation in call.parameters["Evaluations"].as_array().into_iter().flatten() {
        let text = |name: &str| evaluation[name].as_str().unwrap_or_default().to_owned();
        let key = (rule.to_owned(), text("ComplianceResourceId"));
        let ordering = evaluation["OrderingTimestamp"].as_f64().unwrap_or_default();
        if held.get(&key).is_some_and(|held| held.ordering > ordering) {
            continue;
        }
        let stored = StoredEvaluation {
            compliance: text("ComplianceType"),
            annotation: text("Annotation"),
            recorded: Utc::now(),
            resource_type: text("ComplianceResourceType"),
            ordering,
        };
        held.insert(key, stored);
    }
    HttpAnswer::json(&json!({ "FailedEvaluations": [] }))
}

pub(super) fn details(held: &Evaluations, call: &Call) -> HttpAnswer {
    let from: usize =
        call.parameters["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let rule = &call.parameters["ConfigRuleName"];
    let reported: Vec<(&str, &StoredEvaluation)> = held
        .iter()
        .filter(|((of, _), held)| rule == of && held.compliance != "NOT_APPLICABLE")
        .map(|((_, id), held)| (id.as_str(), held))
        .collect();
    let results: Vec<Value> = reported
        .iter()
        .skip(from)
        .take(100)
        .map(|(id, held)| {
            json!({
                "EvaluationResultIdentifier": { "EvaluationResultQualifier": {
                    "ConfigRuleName": rule, "ResourceType": held.resource_type,
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

/// Makes all results older.
pub(super) fn age(held: &mut Evaluations, by: TimeDelta) {
    for evaluation in held.values_mut() {
        evaluation.recorded -= by;
        evaluation.ordering -= by.as_seconds_f64();
    }
}
