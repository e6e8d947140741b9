//! The Static Analysis Results Interchange Format 2.1.0 for code scanning: the common parts of all
//! results, and the results of commands about a file.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use plumbline_core::benchmark::Severity;
use plumbline_core::parameters::Values;
use plumbline_core::scan_report::ControlReport;
use plumbline_rules::registry::find;
use serde_json::{Value, json};

use super::markdown::plain;
use crate::error::CliError;
use crate::output::json;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Creates a file with one run.
pub(crate) fn log(run: &Value) -> Result<String, CliError> {
    json(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

/// Describes the program with a rule for each control.
pub(crate) fn driver(controls: &[&ControlReport]) -> Value {
    json!({ "driver": {
        "name": "plumbline",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": controls.iter().map(|control| rule(control)).collect::<Vec<_>>(),
    } })
}

/// Returns the ID of a control's rule.
pub(crate) fn rule_id(control: &ControlReport) -> String {
    format!("CIS-{}", control.id)
}

/// Returns the level of a failure.
pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// Returns a number that GitHub shows as this severity.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn rule(control: &ControlReport) -> Value {
    let help = format!("{}\n\n{}", control.why, control.remediation.text);
    let mut rule = json!({
        "id": rule_id(control),
        "name": control.slug,
        "shortDescription": { "text": control.title },
        "fullDescription": { "text": control.title },
        "help": { "text": plain(&help), "markdown": help },
        "defaultConfiguration": { "level": level(control.severity) },
        "properties": {
            "tags": ["security", format!("level-{}", control.level)],
            "security-severity": security_severity(control.severity),
            "page": control.page,
        },
    });
    if let (Some(members), Some(url)) = (rule.as_object_mut(), &control.remediation.url) {
        members.insert("helpUri".to_owned(), json!(url));
    }
    rule
}

/// A result of a command in a file.
pub(crate) struct FileResult {
    /// The control that it concerns.
    pub(crate) control: &'static str,
    /// Whether the result is a failure. Otherwise it is undetermined.
    pub(crate) is_failure: bool,
    pub(crate) text: String,
    /// The lines from 1. The first line if the position is unknown.
    pub(crate) lines: Vec<usize>,
}

/// The characters in a file URL that are not encoded.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b'/');

/// Formats the results of a command in a file of a repository. `controls` are the evaluated
/// controls.
pub(crate) fn file_results(
    artifact: &Path,
    controls: &[&str],
    results: &[FileResult],
) -> Result<String, CliError> {
    let path = artifact.to_string_lossy().replace('\\', "/");
    let uri = utf8_percent_encode(&path, KEPT).to_string();
    let configured = controls.iter().filter_map(|id| find(id)?.configure(Values::new()).ok());
    let reports: Vec<ControlReport> =
        configured.map(|control| ControlReport::new(&control, [])).collect();
    let reports: Vec<&ControlReport> = reports.iter().collect();
    let result = |result: &FileResult| {
        let place = reports.iter().position(|report| report.id.as_str() == result.control)?;
        let report = reports.get(place)?;
        let (kind, level) =
            if result.is_failure { ("fail", level(report.severity)) } else { ("open", "none") };
        let location = |line: &usize| {
            json!({ "physicalLocation": {
                "artifactLocation": { "uri": uri }, "region": { "startLine": line },
            } })
        };
        Some(json!({
            "ruleId": rule_id(report),
            "ruleIndex": place,
            "kind": kind,
            "level": level,
            "message": { "text": result.text },
            "locations": result.lines.iter().map(location).collect::<Vec<_>>(),
        }))
    };
    log(&json!({
        "tool": driver(&reports),
        "invocations": [{ "executionSuccessful": true }],
        "results": results.iter().filter_map(result).collect::<Vec<_>>(),
    }))
}

/// Returns the line of a byte position in a text, from 1.
pub(crate) fn line_of(text: &str, place: usize) -> usize {
    let before = text.as_bytes().get(..place).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
