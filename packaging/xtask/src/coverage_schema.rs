//! The JSON schema of the results of the daily account check.

use plumbline_core::coverage::{COVERAGE_SCHEMA, CoverageState};
use plumbline_core::evaluation::Compliance;
use serde_json::{Value, json};

use crate::schema::{head, ids, list, object};

/// Returns the schema of `results/DATE/ACCOUNT.json` and `results/DATE/summary.json`.
pub(crate) fn coverage() -> Value {
    let text = json!({ "type": "string" });
    let optional = json!({ "type": ["string", "null"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let time = json!({ "type": "string", "format": "date-time" });
    let account_id = json!({ "type": "string", "pattern": "^[0-9]{12}$" });
    let states: Vec<&str> = CoverageState::ALL.map(CoverageState::as_str).to_vec();
    let state = json!({ "enum": states });
    let outcome = json!({ "enum": ["skipped", "covered", "failed"], "description": "skipped: an \
        administrator decided not to cover it. covered: results are current. failed: results are \
        not current" });
    let statuses: Vec<Value> =
        Compliance::WORST_FIRST.iter().filter_map(|one| serde_json::to_value(one).ok()).collect();
    let counts = object(json!({ "compliant": count, "non_compliant": count,
        "not_assessed": count, "waived": count, "not_applicable": count }));
    let scanned = object(
        json!({ "id": { "enum": ids() }, "status": { "enum": statuses }, "counts": counts }),
    );
    let stale = object(json!({
        "control": { "enum": ids() }, "rule": text, "error": optional,
        "evaluated_at": { "type": ["string", "null"], "format": "date-time",
            "description": "Last successful evaluation. Null if there was none" }
    }));
    let place = object(json!({
        "region": text, "state": state, "outcome": outcome, "reason": optional,
        "rules": { "type": "integer", "minimum": 0, "description": "Number of pack rules for the \
            controls" },
        "missing": { "type": "array", "items": { "enum": ids() }, "description": "Controls without \
            a rule" },
        "started": { "type": "array", "items": text, "description": "Rules whose evaluation was \
            started because they had never been evaluated" },
        "stale": { "type": "array", "items": stale, "description": "Rules that were not evaluated \
            within 36 hours" },
        "scanned": { "type": "array", "items": scanned, "description": "Controls that a scan \
            evaluated. Empty in the summary" }
    }));
    let account = object(json!({
        "schema": { "const": COVERAGE_SCHEMA }, "account_id": account_id,
        "run": { "type": "string", "format": "date-time", "description": "Start of the run that \
            wrote this result" },
        "checked_at": time, "round": { "type": "integer", "minimum": 0 },
        "complete": { "type": "boolean", "description": "True if no work remains for another \
            round" },
        "state": state, "outcome": outcome, "reason": optional,
        "places": { "type": "array", "items": place, "description": "Regions. Empty if the account \
            has one state for all Regions" },
        "reports": { "type": "array", "items": text, "description": "Scan reports in the same \
            folder, one per round, in the format of report.json" }
    }));
    let states = json!({ "type": "object", "propertyNames": state, "additionalProperties": count });
    let summary = object(json!({
        "schema": { "const": COVERAGE_SCHEMA }, "run": time, "finished_at": time,
        "account_id": account_id, "regions": list(text.clone()), "home_region": text,
        "level": { "enum": [1, 2], "description": "Level of the checked controls" },
        "counts": object(json!({ "total": count, "covered": count, "skipped": count,
            "failed": count, "states": states })),
        "accounts": list(json!({ "$ref": "#/$defs/account" })),
        "problems": { "type": "array", "items": text, "description": "Other failures" }
    }));
    let mut schema = json!({
        "anyOf": [{ "$ref": "#/$defs/account" }, { "$ref": "#/$defs/summary" }],
        "$defs": { "account": account, "summary": summary }
    });
    head(&mut schema, "What came of looking after an organization's accounts");
    schema
}
