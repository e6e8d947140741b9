//! A scan as Compliance Findings (class 2003) of the Open Cybersecurity Schema Framework 1.5.0 with
//! its cloud profile, for data lakes.

use std::collections::BTreeMap;

use plumbline_core::aws::{AccountId, AccountNames};
use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::finding::{Finding, Recommendation};
use serde_json::{Value, json};

use super::asff::findings;
use super::members::without_null;
use crate::error::CliError;
use crate::evaluate::{ControlRun, Scan};
use crate::output::json_list;

const VERSION: &str = "1.5.0";
const CATEGORY: u32 = 2;
const CLASS: u32 = 2003;
/// The activity "Create", because a scan does not know earlier findings.
const CREATE: u32 = 1;
/// The account type "AWS Account".
const AWS_ACCOUNT: u32 = 10;

/// Returns the number and name of a severity.
fn severity(label: &str) -> (u32, &'static str) {
    match label {
        "INFORMATIONAL" => (1, "Informational"),
        "LOW" => (2, "Low"),
        "MEDIUM" => (3, "Medium"),
        "HIGH" => (4, "High"),
        "CRITICAL" => (5, "Critical"),
        _ => (0, "Unknown"),
    }
}

/// Formats the findings of a scan.
pub(crate) fn report(scan: &Scan) -> Result<String, CliError> {
    let names: BTreeMap<&AccountId, &AccountNames> =
        scan.report.accounts.iter().map(|one| (&one.account_id, &one.names)).collect();
    json_list(findings(scan).map(|(run, evaluation, asff)| {
        let name = names.get(&run.context.account).and_then(|names| names.shown());
        finding(run, evaluation, &asff, name)
    }))
}

/// Converts the ASFF finding of an evaluation to OCSF.
fn finding(
    run: &ControlRun,
    evaluation: &Evaluation,
    finding: &Finding,
    account_name: Option<&str>,
) -> Value {
    let (control, context) = (run.control.control(), &run.context);
    let time = context.now.timestamp_millis();
    // Security Hub archives a waived failure without severity. In OCSF it remains a failure.
    let is_waived = evaluation.compliance == Compliance::Waived;
    let label = if is_waived { control.severity.as_str() } else { finding.severity.label };
    let (severity_id, severity) = severity(label);
    let (status_id, status) = match evaluation.compliance {
        Compliance::Compliant => (1, "Pass"),
        Compliance::NonCompliant | Compliance::Waived => (3, "Fail"),
        // The OCSF status of a check without a result because information is missing.
        Compliance::NotAssessed => (2, "Warning"),
        Compliance::NotApplicable => (99, "Not applicable"),
    };
    let comment = evaluation.waiver.as_ref().map(|waiver| {
        format!(
            "Waived until {}, approved by {}: {}",
            waiver.until, waiver.approved_by, waiver.reason
        )
    });
    let parameters: Vec<Value> = run
        .control
        .effective()
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    without_null(json!({
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Compliance Finding: Create",
        "time": time,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": if is_waived { 3 } else { 1 },
        "status": if is_waived { "Suppressed" } else { "New" },
        "status_code": evaluation.code,
        "comment": comment,
        "message": evaluation.reason,
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "product": { "name": "Plumbline", "vendor_name": "Plumbline",
            "version": env!("CARGO_PKG_VERSION") },
        },
        "finding_info": {
            "uid": finding.id,
            "title": finding.title,
            "desc": finding.description,
            "created_time": time,
            "last_seen_time": time,
            "types": finding.types,
            "analytic": { "uid": finding.generator_id, "name": control.rule_name(), "type_id": 1,
            "type": "Rule" },
        },
        "compliance": without_null(json!({
            "control": control.id,
            "standards": [plumbline_core::benchmark::BENCHMARK],
            "requirements": finding.compliance.related_requirements,
            "status_id": status_id,
            "status": status,
            "status_details": [evaluation.reason],
            "control_parameters": (!parameters.is_empty()).then_some(parameters),
        })),
        "cloud": {
            "provider": "AWS",
            "account": without_null(json!({ "uid": context.account, "name": account_name,
                "type_id": AWS_ACCOUNT, "type": "AWS Account" })),
            "region": evaluation.resource.region,
        },
        "resources": [{
            "uid": evaluation.resource.arn.as_deref().unwrap_or(&evaluation.resource.resource_id),
            "name": evaluation.resource.resource_id,
            "type": evaluation.resource.resource_type,
            "region": evaluation.resource.region,
            "cloud_partition": context.partition,
        }],
        "remediation": remediation(&finding.remediation.recommendation),
        "unmapped": { "evidence": evaluation.evidence },
    }))
}

fn remediation(recommendation: &Recommendation) -> Value {
    match &recommendation.url {
        Some(url) => json!({ "desc": recommendation.text, "references": [url] }),
        None => json!({ "desc": recommendation.text }),
    }
}
