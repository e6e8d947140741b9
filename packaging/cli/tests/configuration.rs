//! Tests of the configuration file and the baseline.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn scan(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(["scan", "--sample"])
        .args(arguments)
        .current_dir(folder)
        .env_remove("PLUMBLINE_HOME_REGION")
        .output()
        .expect("the program starts")
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let output = scan(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn error(folder: &Path, arguments: &[&str]) -> String {
    let output = scan(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn folder(name: &str, configuration: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("configuration").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    if !configuration.is_empty() {
        std::fs::write(folder.join("plumbline.toml"), configuration).expect("written");
    }
    folder
}

const FILE: &str = "schema = 1
formats = [\"json=out.json\", \"csv=out.csv\"]
target = { organization = true, role_name = \"Audit\" }
controls = { level = 1, exclude = [\"1.21\"] }
parameters = { \"1.12\" = { maxCredentialUsageAge = 30 } }
gate = { fail_on = [\"non-compliant\"], fail_on_severity = \"high\" }
";

#[test]
fn the_file_counts_where_no_option_does() {
    let folder = folder("counts", FILE);
    assert_eq!(scan(&folder, &[]).status.code(), Some(1), "its gate");
    let text = std::fs::read_to_string(folder.join("out.json")).expect("its format");
    let found: Value = serde_json::from_str(&text).expect("JSON");
    let run = &found["run"];
    assert_eq!(run["config"]["path"], "plumbline.toml");
    assert_eq!(run["config"]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(run["parameters"][0]["by"], "plumbline.toml");
    assert_eq!(run["parameters"][0]["value"], "30");
    let left_out = run["controls"]["left_out"].as_array().expect("a list");
    let by = |id: &str| {
        let one = left_out.iter().find(|one| one["id"] == id);
        one.map(|one| one["by"].as_str().expect("a text").to_owned())
    };
    assert_eq!(by("1.6").as_deref(), Some("plumbline.toml: level 1"));
    assert_eq!(run["full_benchmark"], false);

    // An option replaces the key.
    let given = ["--exclude", "1.1", "--level", "2", "--format", "json", "--fail-on", "incomplete"];
    let given = [&given[..], &["--fail-on-severity", "critical", "--control", "5"]].concat();
    let found = report(&folder, &given);
    assert_eq!(found["run"]["controls"]["left_out"][0]["by"], "--exclude 1.1");
    let none = report(&folder, &["--no-config", "--format", "json"]);
    assert_eq!(none["run"]["config"], Value::Null);
    assert_eq!(none["run"]["full_benchmark"], true);
    std::fs::write(folder.join("other.toml"), "schema = 1\n").expect("written");
    let other = report(&folder, &["--config", "other.toml", "--format", "json"]);
    assert_eq!(other["run"]["config"]["path"], "other.toml");
    for format in ["html", "junit", "markdown", "sarif", "table"] {
        let output = scan(&folder, &["--config", "other.toml", "--format", format]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("other.toml"), "{format} names the file");
    }
}

#[test]
fn what_is_wrong_in_the_file_is_said() {
    for (name, line, expected) in [
        ("unknown", "registr = \"a\"", "line 2: unknown key 'registr'"),
        ("nested", "controls = { exclud = [] }", "Did you mean 'exclude' in [controls]?"),
        ("format", "formats = [\"tabel\"]", "'formats': valid formats are table"),
        ("gate", "gate = { fail_on = [\"everything\"] }", "'fail_on': "),
        ("severity", "gate = { fail_on_severity = \"huge\" }", "'fail_on_severity': "),
        ("level", "controls = { level = 3 }", "invalid level '3'"),
        ("control", "controls = { include = [\"9.9\"] }", "control '9.9'"),
        ("parameter", "parameters = { \"5.2\" = { ports = 1 } }", "parameters: control 5.2"),
        ("role", "target = { organization = true }", "role_name"),
        ("toml", "formats = [", "line 2"),
    ] {
        let folder = folder(name, &format!("schema = 1\n{line}\n"));
        let message = error(&folder, &[]);
        assert!(message.contains(expected), "{line}: {message}");
    }
    assert!(error(&folder("schema", "schema = 7\n"), &[]).contains("schema 7 is not supported"));
    let none = folder("none", "");
    assert!(error(&none, &["--config", "nowhere.toml"]).contains("cannot read 'nowhere.toml'"));
    let both = error(&none, &["--config", "a", "--no-config"]);
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn gates_count_what_the_baseline_does_not_know() {
    let folder = folder("baseline", "");
    report(&folder, &["--format", "json", "--format", "csv=out.csv"]);
    let whole = scan(&folder, &["--format", "json=old.json"]);
    assert!(whole.status.success());
    let against = ["--baseline", "old.json", "--fail-on", "non-compliant"];
    let output = scan(&folder, &against);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.trim_end().ends_with("0 new failures, 61 known."), "{text}");
    assert!(text.contains("CRITICAL: 4 failures in 4 controls, 0 new"), "{text}");
    // A summary without single results has the same counts.
    let output = scan(&folder, &["--baseline", "old.json", "--output-dir", "reports"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.trim_end().ends_with("0 new failures, 61 known."), "{text}");
    assert!(text.contains("Not read: s3:GetBucketPolicy (AccessDenied)"), "{text}");
    let found = report(&folder, &["--baseline", "old.json", "--format", "json"]);
    assert_eq!(found["run"]["baseline"]["path"], "old.json");
    assert_eq!(found["summary"]["non_compliant"], 61, "a baseline does not waive failures");

    // The baseline lacks one failure.
    let file = folder.join("old.json");
    let mut old: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("read")).expect("JSON");
    let controls = old["accounts"][0]["controls"].as_array_mut().expect("controls");
    let control = controls.iter_mut().find(|control| control["id"] == "5.2").expect("5.2");
    for evaluation in control["evaluations"].as_array_mut().expect("evaluations") {
        evaluation["compliance"] = "COMPLIANT".into();
    }
    std::fs::write(&file, old.to_string()).expect("written");
    assert_eq!(scan(&folder, &against).status.code(), Some(1));
    let severe = ["--baseline", "old.json", "--fail-on-severity"];
    assert_eq!(scan(&folder, &[&severe[..], &["critical"]].concat()).status.code(), Some(0));
    assert_eq!(scan(&folder, &[&severe[..], &["high"]].concat()).status.code(), Some(1));
    let found = report(&folder, &["--baseline", "old.json", "--format", "json"]);
    let controls = found["accounts"][0]["controls"].as_array().expect("controls");
    let control = controls.iter().find(|control| control["id"] == "5.2").expect("5.2");
    let states: Vec<&Value> = control["evaluations"]
        .as_array()
        .expect("evaluations")
        .iter()
        .map(|evaluation| &evaluation["baseline"])
        .filter(|state| !state.is_null())
        .collect();
    assert_eq!(states, ["new", "new"]);
    let baseline = &found["run"]["baseline"];
    assert_eq!((&baseline["new"], &baseline["known"]), (&2.into(), &59.into()));
    for (format, mark) in [
        ("csv", ",new failure\n"),
        ("html", " · new failure"),
        ("junit", "(new failure)\""),
        ("markdown", "(new failure) |"),
        ("sarif", "\"baseline\": \"new\""),
    ] {
        let output = scan(&folder, &["--baseline", "old.json", "--format", format]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(text.matches(mark).count(), 2, "{format}");
        assert_eq!(text.matches(&mark.replace("new", "known")).count(), 59, "{format}");
    }

    // A baseline with other parameters is rejected.
    std::fs::write(folder.join("p.json"), r#"{"5.2": {"adminPorts": "5432"}}"#).expect("written");
    let message = error(&folder, &["--baseline", "old.json", "--parameters", "p.json"]);
    assert!(
        message.contains("the baseline used different parameters: 5.2 adminPorts"),
        "{message}"
    );
}
