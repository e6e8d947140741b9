//! The JSON schema of a scan report.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use plumbline_core::benchmark::SECTIONS;
use plumbline_core::evaluation::Compliance;
use plumbline_core::scan_report::SCHEMA;
use serde_json::{Map, Value, json};

use crate::schema::{head, ids, list, object};

/// Creates an object with additional members allowed, because readers ignore unknown members.
fn open(properties: Value) -> Value {
    let mut open = object(properties);
    if let Some(members) = open.as_object_mut() {
        members.remove("additionalProperties");
    }
    open
}

fn or_null(mut schema: Value) -> Value {
    if schema.get("type").is_some_and(Value::is_string) {
        schema["type"] = json!([schema["type"], "null"]);
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// Merges the members of two objects.
fn joined(mut object: Value, more: &Value) -> Value {
    let members = more["properties"].as_object().cloned().unwrap_or_default();
    let names: Vec<Value> = more["required"].as_array().cloned().unwrap_or_default();
    if let Some(properties) = object["properties"].as_object_mut() {
        properties.extend(members);
    }
    if let Some(required) = object["required"].as_array_mut() {
        required.extend(names);
    }
    object
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn day() -> Value {
    json!({ "type": "string", "format": "date" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn truth() -> Value {
    json!({ "type": "boolean" })
}

fn account_id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{12}$" })
}

fn severity() -> Value {
    json!({ "enum": ["LOW", "MEDIUM", "HIGH", "CRITICAL"] })
}

fn compliance() -> Value {
    json!({ "enum": Compliance::WORST_FIRST.map(Compliance::as_str) })
}

fn counts() -> Value {
    open(json!({ "compliant": count(), "non_compliant": count(), "not_assessed": count(),
        "waived": count(), "not_applicable": count() }))
}

fn control_counts() -> Value {
    open(json!({ "evaluated": count(), "compliant": count(), "non_compliant": count(),
        "not_assessed": count(), "waived": count(), "not_applicable": count(),
        "attested": count(),
        "score_percent": or_null(json!({ "type": "integer", "minimum": 0, "maximum": 100 })) }))
}

fn summary() -> Value {
    let group = |name: Map<String, Value>| {
        let mut members = name;
        members.insert("controls".to_owned(), control_counts());
        members.insert("resources".to_owned(), counts());
        list(open(Value::Object(members)))
    };
    let named = |value: Value| value.as_object().cloned().unwrap_or_default();
    let sections = SECTIONS.map(|section| section.number);
    joined(
        counts(),
        &open(json!({
            "controls": control_counts(),
            "by_section": group(named(json!({ "section": { "enum": sections }, "title": text() }))),
            "by_level": group(named(json!({ "level": { "enum": [1, 2] } }))),
            "by_severity": group(named(json!({ "severity": severity() })))
        })),
    )
}

fn evaluation() -> Value {
    let waiver = open(json!({ "entry": text(), "reason": text(), "approved_by": text(),
        "until": day(), "would_be": text() }));
    let attestation = open(json!({ "entry": text(),
        "verdict": { "enum": ["compliant", "non-compliant", "not-applicable"] }, "by": text(),
        "on": day(), "until": day(), "evidence": text(), "note": or_null(text()) }));
    let unread = open(json!({ "operation": text(), "cause": text(), "code": text() }));
    open(json!({
        "id": text(), "resource_type": text(), "resource_id": text(), "arn": or_null(text()),
        "region": text(), "resource_name": or_null(text()), "compliance": compliance(),
        "code": or_null(text()),
        "reason": { "type": "string", "minLength": 1, "maxLength": 256 },
        "detail": or_null(text()), "as_of": or_null(time()), "evidence": { "type": "object" },
        "not_assessed": or_null(unread), "waiver": or_null(waiver),
        "baseline": { "enum": ["known", "new", null] },
        "attestation": or_null(attestation),
        "remediation": or_null(remedy())
    }))
}

/// Returns the schema of the remediation of one resource.
fn remedy() -> Value {
    let mut remedy = open(json!({ "what": or_null(text()), "commands": list(text()),
        "inputs": list(text()) }));
    // Only a chain with further links has this member.
    remedy["properties"]["then"] = list(text());
    remedy
}

fn control() -> Value {
    open(json!({
        "id": { "enum": ids() }, "slug": text(), "title": text(),
        "section": { "enum": SECTIONS.map(|section| section.number) },
        "level": { "enum": [1, 2] }, "assessment": { "enum": ["automated", "manual"] },
        "severity": severity(), "scope": { "enum": ["global", "regional"] },
        "status": compliance(), "counts": counts(),
        "parameters": { "type": "object", "additionalProperties": text() },
        "why": text(), "remediation": open(json!({ "text": text(), "url": or_null(text()) })),
        "page": text(), "crosswalk": crosswalk(),
        "evaluations": list(evaluation())
    }))
}

/// Returns the schema of a control's entries in other catalogs.
fn crosswalk() -> Value {
    let versions = json!({ "type": "object", "additionalProperties": list(text()) });
    let control = open(json!({ "id": text(), "related_by_aws": truth() }));
    open(json!({ "cis": versions, "security_hub": list(control), "config_rules": list(text()),
        "config_rules_near": list(text()), "nist_800_53_r5": list(text()),
        "nist_800_53_mitre": list(text()), "note": or_null(text()) }))
}

fn run() -> Value {
    let state = json!({ "enum": ["read", "partly", "unread", "interrupted"] });
    let read_error = json!({ "type": "object",
        "required": ["operation", "cause", "code"] });
    let account = open(json!({
        "account_id": account_id(), "name": or_null(text()), "alias": or_null(text()),
        "state": state,
        "regions": list(open(json!({ "name": text(), "state": state }))),
        "regions_unread": or_null(read_error),
        "unread": list(open(json!({ "operation": text(), "code": text(), "count": count(),
            "regions": list(text()) }))),
        "published": or_null(truth())
    }));
    let entry = open(json!({ "entry": text(), "control": { "enum": ids() }, "until": day() }));
    let file = open(json!({ "path": text(), "sha256": text() }));
    let baseline = open(json!({ "path": text(), "sha256": text(), "new": count(),
        "known": count() }));
    let register = open(json!({
        "location": text(), "sha256": text(), "attestations": count(), "exceptions": count(),
        "used": count(), "used_entries": list(text()),
        "in_scope": list(text()), "unused": list(text()), "expired": list(entry.clone()),
        "ends_within_30_days": list(entry)
    }));
    let snapshot = open(json!({ "kind": { "const": "snapshot" }, "file": text(),
        "sha256": text(), "recorded_at": time(), "recorded_by": or_null(text()) }));
    let other = open(json!({ "kind": { "enum": ["sample", "live"] } }));
    open(json!({
        "tool": open(json!({ "name": text(), "version": text(), "commit": or_null(text()) })),
        "started_at": or_null(time()), "finished_at": or_null(time()),
        "origin": { "oneOf": [snapshot, other] },
        "caller": or_null(open(json!({ "arn": text(), "account_id": account_id() }))),
        "target": open(json!({ "home_region": text(), "role_name": or_null(text()),
            "organization": truth(), "regions_limited_to": list(text()) })),
        "accounts": list(account),
        "controls": open(json!({ "known": count(), "evaluated": count(),
            "left_out": list(open(json!({ "id": { "enum": ids() }, "by": text() }))) })),
        "parameters": list(open(json!({ "control": { "enum": ids() }, "name": text(),
            "value": text(), "benchmark": text(),
            "effect": { "enum": ["looser", "stricter", "other"] }, "by": text() }))),
        "rules_digest": { "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" },
        "register": or_null(register),
        "config": or_null(file), "baseline": or_null(baseline),
        "complete": truth(), "incomplete_because": list(text()), "full_benchmark": truth()
    }))
}

/// Returns the schema of `plumbline scan --format json`.
pub(crate) fn report() -> Value {
    let account = open(json!({
        "account_id": account_id(), "partition": { "enum": ["aws", "aws-cn", "aws-us-gov"] },
        "regions": list(text()), "summary": summary(), "controls": list(control())
    }));
    let mut report = open(json!({
        "schema": { "const": SCHEMA }, "generated_at": time(), "tool": text(),
        "benchmark": text(), "run": run(), "accounts": list(account), "summary": summary()
    }));
    head(&mut report, "The result of 'plumbline scan --format json'");
    report
}
