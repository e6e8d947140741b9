//! JSON schemas of the files that users write and read.
#![expect(
    clippy::indexing_slicing,
    reason = "members are set by name on objects that are written out just above"
)]

use plumbline_core::parameters::Parameter;
use plumbline_rules::registry::CONTROLS;
use plumbline_rules::scan_file::{KEYS, Kind, SCHEMA};
use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

pub(crate) fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties,
        "required": required })
}

pub(crate) fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

pub(crate) fn ids() -> Vec<&'static str> {
    CONTROLS.iter().map(|control| control.id.as_str()).collect()
}

/// Returns the schema of `plumbline deploy --format json`.
pub(crate) fn deployment() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let text = json!({ "type": "string" });
    let optional = json!({ "type": ["string", "null"] });
    let account = json!({ "type": "string", "pattern": "^[0-9]{12}$" });
    let skipped = [
        "excluded",
        "suspended",
        "management-account",
        "region-not-enabled",
        "region-denied",
        "no-recorder",
    ];
    let states: Vec<&str> = skipped
        .into_iter()
        .chain([
            "not-checked",
            "in-progress",
            "drifted",
            "pack-missing",
            "stale",
            "role-broken",
            "missing",
            "failed",
        ])
        .collect();
    let step = object(json!({
        "what": text, "account": account, "region": text,
        "action": { "enum": ["nothing", "wait", "create", "update", "recreate", "delete",
            "continue-rollback", "upload"] },
        "state": { "type": ["string", "null"], "description": "In a plan, the status that AWS \
            reports. In a result, done, failed, or left if the Region cannot be reached" },
        "reason": optional
    }));
    let place = object(json!({
        "account": { "type": ["string", "null"], "pattern": "^[0-9]{12}$",
            "description": "Null if AWS reports no single accounts" },
        "region": { "type": ["string", "null"], "description": "Null for all Regions" },
        "state": { "enum": states }, "what": text, "reason": text
    }));
    let accounts = object(json!({
        "total": count, "scanned": count,
        "not_checked": { "type": "integer", "minimum": 0, "description": "Accounts in which the \
            latest daily check failed, and this run has deployed something since" },
        "covered": { "type": "integer", "minimum": 0, "description": "Accounts that are complete \
            in all Regions" },
        "skipped": { "type": "object", "propertyNames": { "enum": skipped },
            "additionalProperties": count, "description": "Accounts that are complete except \
            where deployment is impossible, by state" },
        "failed": { "type": "integer", "minimum": 0, "description": "Accounts in which a part \
            failed, is missing, or is in progress" }
    }));
    let drift = json!({ "description": "Drift in the accounts of an organization. Null for a \
        single account", "anyOf": [{ "type": "null" }, object(json!({
        "checked_at": { "type": ["string", "null"], "format": "date-time", "description": "Oldest \
            drift detection among all stacks in accounts. Null if a stack has not been checked"
            }, "places": list(place.clone())
    }))] });
    let denials = json!({ "description": "What service control policies deny of the deployment, or \
        why that is not known. Null for a single account, and if nothing changes",
        "anyOf": [{ "type": "null" }, list(text.clone())] });
    let canary = json!({ "description": "The canary unit of an organization, whose accounts have \
        the release of the document. Null without one", "anyOf": [{ "type": "null" },
        object(json!({ "unit": text, "accounts": list(account.clone()),
            "other_accounts_release": text }))] });
    let mut deployment = object(json!({
        "schema": { "const": 1 }, "kind": { "enum": ["plan", "result"] },
        "organization": { "type": ["string", "null"], "description": "Null for a single account" },
        "account": account, "functions": { "enum": ["own", "central"] }, "release": text,
        "architecture": { "enum": ["x86_64", "arm64"] }, "code_bucket_prefix": text,
        "home_region": text, "canary": canary, "regions": list(text.clone()), "steps": list(step),
        "accounts": accounts, "denials": denials, "places": list(place),
        "problems": list(json!({ "type": "string", "description": "A failure in the deploying \
            account, or a read that failed" })), "drift": drift
    }));
    deployment["$schema"] = json!(DIALECT);
    deployment["title"] = json!("A plumbline deployment, planned or done");
    deployment
}

/// Returns the schema of `plumbline report --format json`.
pub(crate) fn matrix() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let status = json!({ "enum": ["COMPLIANT", "NON_COMPLIANT", "STALE", "NO_RESULT",
        "INSUFFICIENT_DATA"] });
    let counts = object(
        json!({ "compliant": count, "non_compliant": count, "stale": count, "no_result": count,
            "insufficient_data": count }),
    );
    let text = json!({ "type": "string" });
    let account_id = json!({ "type": "string", "pattern": "^[0-9]{12}$" });
    let id = json!({ "enum": ids() });
    let control = object(json!({
        "id": id, "slug": text, "title": text, "level": { "enum": [1, 2] },
        "severity": { "enum": ["LOW", "MEDIUM", "HIGH", "CRITICAL"] }, "accounts": counts
    }));
    let place = object(json!({
        "region": text, "source": { "type": "string", "description": "SUCCEEDED, FAILED, OUTDATED \
            or another AWS status. NOT_LISTED if the aggregator has no source there" },
        "updated_at": { "type": ["string", "null"], "format": "date-time" },
        "error": { "type": ["string", "null"] },
        "coverage": { "description": "Result of the daily account check, with --results",
            "anyOf": [{ "type": "null" }, object(json!({
                "state": { "type": "string", "description": "A state of coverage.json, or \
                    not-looked-after" },
                "reason": { "type": ["string", "null"] },
                "checked_at": { "type": "string", "format": "date-time" } }))] }
    }));
    let in_region = object(json!({
        "region": text, "status": status, "failing": { "type": ["integer", "null"], "minimum": 0 },
        "is_capped": { "type": "boolean" }, "rules": list(text.clone()),
        "evaluated_at": { "type": ["string", "null"], "format": "date-time", "description": "Last \
            evaluation of a rule that is no longer evaluated" }
    }));
    let cell = object(json!({ "id": id, "status": status, "regions": list(in_region) }));
    let account = object(json!({ "account_id": account_id, "name": { "type": ["string", "null"] },
            "regions": list(place), "counts": counts, "controls": list(cell) }));
    let mut matrix = object(json!({
        "schema": { "const": 1 }, "generated_at": { "type": "string", "format": "date-time" },
        "tool": text, "benchmark": text,
        "aggregator": object(json!({ "name": text, "account_id": account_id, "region": text })),
        "home_region": text,
        "results_of": { "type": ["string", "null"], "format": "date-time", "description": "Start \
            of the daily account check whose results were given" },
        "controls": list(control), "accounts": list(account), "unread": list(text.clone()),
        "summary": counts
    }));
    head(&mut matrix, "The result of 'plumbline report --format json'");
    matrix
}

/// Returns the schema of `plumbline.toml`.
pub(crate) fn config() -> Value {
    let text = json!({ "type": "string" });
    let value = |kind: Kind| match kind {
        Kind::Text => text.clone(),
        Kind::Texts => list(text.clone()),
        Kind::Truth => json!({ "type": "boolean" }),
        Kind::Level => json!({ "enum": [1, 2] }),
        Kind::Parameters => json!({ "$ref": "parameters.json" }),
    };
    let mut properties = Map::from_iter([("schema".to_owned(), json!({ "const": SCHEMA }))]);
    for key in KEYS {
        let mut described = value(key.kind);
        described["description"] = json!(key.doc);
        let members = match key.table {
            None => &mut properties,
            Some(table) => {
                let found = properties.entry(table).or_insert_with(
                    || json!({ "type": "object", "additionalProperties": false, "properties": {} }),
                );
                match found["properties"].as_object_mut() {
                    Some(members) => members,
                    None => continue,
                }
            }
        };
        members.insert(key.name.to_owned(), described);
    }
    let mut config = json!({ "type": "object", "additionalProperties": false,
        "properties": properties, "required": ["schema"] });
    head(&mut config, "The configuration file plumbline.toml");
    config
}

/// Returns the schema of the register.
pub(crate) fn register() -> Value {
    let day = json!({ "type": "string", "format": "date" });
    let text = json!({ "type": "string", "minLength": 1 });
    let accounts = json!({ "type": "array", "minItems": 1,
        "items": { "type": "string", "pattern": r"^([0-9]{12}|\*)$" } });
    let attestable: Vec<&str> = CONTROLS
        .iter()
        .filter(|control| control.attestable)
        .map(|control| control.id.as_str())
        .collect();
    let mut attestation = object(json!({
        "control": { "enum": attestable }, "accounts": accounts,
        "verdict": { "enum": ["compliant", "non-compliant", "not-applicable"] },
        "by": text, "on": day, "until": day, "evidence": text
    }));
    if let Some(properties) = attestation.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("note".to_owned(), json!({ "type": "string" }));
    }
    let mut exception = object(json!({
        "control": { "enum": ids() }, "accounts": accounts,
        "resources": { "type": "array", "minItems": 1, "items": text },
        "reason": text, "approved_by": text, "until": day
    }));
    if let Some(properties) = exception.get_mut("properties").and_then(Value::as_object_mut) {
        let list = |items: Value| json!({ "type": "array", "minItems": 1, "items": items });
        let pattern = |pattern: &str| list(json!({ "type": "string", "pattern": pattern }));
        properties.insert("except_accounts".to_owned(), pattern("^[0-9]{12}$"));
        properties.insert("regions".to_owned(), pattern("^[a-z0-9]+(-[a-z0-9]+)+$"));
        properties.insert("holders".to_owned(), pattern("^arn:"));
    }
    let mut register = json!({
        "type": "object", "additionalProperties": false, "required": ["schema"],
        "properties": { "schema": { "const": 1 }, "attestations": list(attestation),
        "exceptions": list(exception) }
    });
    head(&mut register, "Attestations and exceptions");
    register
}

/// Returns the schema of `--parameters FILE`, with the same rules as the program, except for
/// duplicate members.
pub(crate) fn parameters() -> Value {
    let property = |parameter: &Parameter| {
        let mut forms = vec![json!({ "type": "string", "pattern": parameter.pattern })];
        for (from, to) in parameter.numbers {
            forms.push(json!({ "type": "integer", "minimum": from, "maximum": to }));
        }
        if parameter.booleans {
            forms.push(json!({ "type": "boolean" }));
        }
        let mut schema = match forms.as_slice() {
            [one] => one.clone(),
            _ => json!({ "anyOf": forms }),
        };
        schema["description"] = json!(parameter.doc.trim());
        schema["default"] = json!(parameter.default);
        (parameter.name.to_owned(), schema)
    };
    let (mut properties, mut definitions, mut all) = (Map::new(), Map::new(), Map::new());
    let mut once = Vec::new();
    for control in CONTROLS {
        let own: Map<String, Value> = control.parameters().map(property).collect();
        all.extend(own.clone());
        definitions.insert(
            control.id.to_string(),
            json!({ "type": "object", "additionalProperties": false, "properties": own }),
        );
        let names = [control.id.to_string(), control.slug.to_owned(), control.rule_name()];
        for (at, name) in names.iter().enumerate() {
            let reference = json!({ "$ref": format!("#/$defs/{}", control.id) });
            properties.insert(name.clone(), reference);
            // Only one of a control's names can be given.
            let others = names.iter().skip(at + 1);
            once.extend(others.map(|other| json!({ "not": { "required": [name, other] } })));
        }
    }
    properties.insert(
        "*".to_owned(),
        json!({ "type": "object", "additionalProperties": false, "properties": all }),
    );
    let mut parameters = json!({ "type": "object", "additionalProperties": false,
        "properties": properties, "allOf": once, "$defs": definitions });
    head(&mut parameters, "Parameters of controls");
    parameters
}

pub(crate) fn head(schema: &mut Value, title: &str) {
    if let Some(members) = schema.as_object_mut() {
        members.insert("$schema".to_owned(), json!(DIALECT));
        members.insert("title".to_owned(), json!(title));
    }
}
