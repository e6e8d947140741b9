//! JSON schema of the results of looking after an organization's accounts.

use plumbline_core::coverage::{COVERAGE_SCHEMA, CoverageState};
use plumbline_core::evaluation::Compliance;
use serde_json::{Value, json};

use crate::schema::{head, ids, list, object};

/// Of `results/DATE/ACCOUNT.json` and `results/DATE/summary.json`.
pub(crate) fn coverage() -> Value {
    let text = json!({ "type": "string" });
    let optional = json!({ "type": ["string", "null"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let time = json!({ "type": "string", "format": "date-time" });
    let account_id = json!({ "type": "string", "pattern": "^[0-9]{12}$" });
    let states: Vec<&str> = CoverageState::ALL.map(CoverageState::as_str).to_vec();
    let state = json!({ "enum": states });
    let outcome = json!({ "enum": ["skipped", "covered", "failed"], "description": "skipped: \
        nothing is to be covered, by somebody's decision; covered: results are renewed; failed: \
        they are not" });
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
            "description": "The last successful evaluation; null where there was none" }
    }));
    let place = object(json!({
        "region": text, "state": state, "outcome": outcome, "reason": optional,
        "rules": { "type": "integer", "minimum": 0, "description": "How many rules of packs there \
            are for the controls" },
        "missing": { "type": "array", "items": { "enum": ids() }, "description": "The controls \
            that have no rule" },
        "started": { "type": "array", "items": text, "description": "The rules whose evaluation \
            was started, because they never were evaluated" },
        "stale": { "type": "array", "items": stale, "description": "The rules that were not \
            evaluated within 36 hours" },
        "scanned": { "type": "array", "items": scanned, "description": "The controls that a scan \
            evaluated; empty in the summary" }
    }));
    let account = object(json!({
        "schema": { "const": COVERAGE_SCHEMA }, "account_id": account_id,
        "run": { "type": "string", "format": "date-time", "description": "When the run began that \
            wrote this" },
        "checked_at": time, "round": { "type": "integer", "minimum": 0 },
        "complete": { "type": "boolean", "description": "Whether nothing remains for another \
            round" },
        "state": state, "outcome": outcome, "reason": optional,
        "places": { "type": "array", "items": place, "description": "The Regions; empty where the \
            account has one state as a whole" },
        "reports": { "type": "array", "items": text, "description": "Reports of scans beside this \
            file, one a round, of the form report.json" }
    }));
    let states = json!({ "type": "object", "propertyNames": state, "additionalProperties": count });
    let summary = object(json!({
        "schema": { "const": COVERAGE_SCHEMA }, "run": time, "finished_at": time,
        "account_id": account_id, "regions": list(text.clone()), "home_region": text,
        "level": { "enum": [1, 2], "description": "The level of the controls that are looked \
            after" },
        "counts": object(json!({ "total": count, "covered": count, "skipped": count,
            "failed": count, "states": states })),
        "accounts": list(json!({ "$ref": "#/$defs/account" })),
        "problems": { "type": "array", "items": text, "description": "What went wrong besides" }
    }));
    let mut schema = json!({
        "anyOf": [{ "$ref": "#/$defs/account" }, { "$ref": "#/$defs/summary" }],
        "$defs": { "account": account, "summary": summary }
    });
    head(&mut schema, "What came of looking after an organization's accounts");
    schema
}
