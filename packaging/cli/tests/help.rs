//! Tests of help, man pages, completions and error messages.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .args(arguments)
        .env_remove("PLUMBLINE_HOME_REGION")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input closes the pipe.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn text(arguments: &[&str]) -> String {
    let output = run(arguments, "", &[]);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn error(arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input, &[]);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("help").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn every_command_has_a_man_page() {
    let folder = folder("man");
    text(&["man", "--dir", folder.to_str().expect("UTF-8")]);
    let names: Vec<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let help = text(&["--help"]);
    assert!(help.starts_with("Checks AWS accounts against the CIS AWS Foundations Benchmark"));
    let commands = help.split("Commands:").nth(1).expect("commands").lines();
    for command in commands.take_while(|line| !line.starts_with("Options")) {
        let name = command.split_whitespace().next().unwrap_or_default();
        if command.starts_with("  ") && !command.starts_with("   ") && name != "help" {
            assert!(names.contains(&format!("plumbline-{name}.1")), "{name}: {names:?}");
        }
    }
    assert!(names.iter().all(|name| !name.contains("-help")), "{names:?}");
    let page = std::fs::read_to_string(folder.join("plumbline-scan.1")).expect("a page");
    assert_eq!(page, text(&["man", "scan"]));
    assert!(text(&["man", "filter", "cover"]).contains("filter"));
    assert!(error(&["man", "scann"], "").contains("unknown command 'scann'"));
}

/// Returns bash's completions for the last word of a line.
fn completed(line: &str) -> Vec<String> {
    let folder = folder(&format!("completions-{}", line.replace(['/', ' '], "_")));
    let script = folder.join("plumbline.bash");
    std::fs::write(&script, text(&["completions", "bash"])).expect("written");
    let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
    let drive = format!(
        "source {}; COMP_WORDS=({}); COMP_CWORD={}; _plumbline plumbline {} {}; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        words.join(" "),
        words.len() - 1,
        words.last().expect("a word"),
        words.get(words.len().wrapping_sub(2)).expect("a word before"),
    );
    let output = Command::new("bash").args(["-c", &drive]).output().expect("bash starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn completions_know_values() {
    assert_eq!(completed("plumbline scan --control 5."), ["5.1", "5.2", "5.3", "5.4", "5.5"]);
    assert!(completed("plumbline explain sg-").contains(&"sg-admin-ports-ipv4".to_owned()));
    assert!(completed("plumbline filter cover 4.1").contains(&"4.15".to_owned()));
    assert_eq!(completed("plumbline scan --region eu-north").join(" "), "eu-north-1");
    assert_eq!(completed("plumbline scan --home-region eu-north").join(" "), "eu-north-1");
    assert_eq!(completed("plumbline invoke --control 5.").len(), 5);
    assert_eq!(completed("plumbline fix --control 5.").len(), 5);
    assert_eq!(completed("plumbline scan --exclude 5.").len(), 5);
    assert_eq!(completed("plumbline scan --format oc").join(" "), "ocsf");
    assert!(completed("plumbline scan --severity c").contains(&"critical".to_owned()));
    let help = text(&["scan", "--help"]);
    assert!(!help.contains("eu-north-1"), "values that fill pages are not in the help");
    for heading in ["Target:", "Controls:", "Output:", "Gates:", "Global options:"] {
        assert!(help.contains(heading), "{heading}");
    }
}

#[test]
fn controls_are_explained_together_and_in_each_format() {
    let page = text(&["explain", "5.2", "5.3"]);
    assert!(page.contains("sg-admin-ports-ipv4") && page.contains("sg-admin-ports-ipv6"));
    assert!(page.starts_with("5.2 ") && page.contains("\n5.3 "), "{page}");
    assert!(!page.contains("```"));
    let explained: Value =
        serde_json::from_str(&text(&["explain", "5.2", "1.4", "--format", "json"])).expect("JSON");
    assert_eq!(explained[0]["id"], "5.2");
    assert_eq!(explained[1]["rule"], "cis-1-4-root-access-key");
    assert!(text(&["explain", "5.2", "--format", "markdown"]).contains("```sh"));
}

#[test]
fn log_events_come_as_cloudtrail_delivers_them() {
    let pattern = "{ $.eventName = \"StopLogging\" }";
    let stop = r#"{"eventName":"StopLogging"}"#;
    let get = r#"{"eventName":"GetTrail"}"#;
    let matched = |input: &str| {
        let output = run(&["filter", "match", pattern], input, &[]);
        assert!(output.status.success());
        (
            String::from_utf8(output.stdout).expect("UTF-8"),
            String::from_utf8(output.stderr).expect("UTF-8"),
        )
    };
    let second = ("2\n".to_owned(), String::new());
    assert_eq!(matched(&format!("{get}\n{stop}\n")), second);
    assert_eq!(matched(&format!("{{\"Records\":[{get},{stop}]}}")), second);
    assert_eq!(matched(&format!("[{get},\n{stop}]")), second);
    let (lines, errors) = matched(&format!("{stop}\nplain text\n\n[1]\n"));
    assert_eq!((lines.as_str(), errors.as_str()), ("1\n", "2 lines are not JSON events\n"));
    let folder = folder("gzip");
    let file = folder.join("events.json.gz");
    let mut gzip = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(std::fs::File::create(&file).expect("a file"))
        .spawn()
        .expect("gzip starts");
    let records = format!("{{\"Records\":[{get},{stop}]}}");
    gzip.stdin.take().expect("piped").write_all(records.as_bytes()).expect("written");
    assert!(gzip.wait().expect("it ends").success());
    assert_eq!(text(&["filter", "match", pattern, file.to_str().expect("UTF-8")]), "2\n");
}

#[test]
fn wrong_input_says_what_to_do() {
    for (arguments, input, expected) in [
        (&["scan", "--sample", "--now", "yesterday"][..], "", "give a time like 2026-03-02T08"),
        (
            &["scan", "--sample", "--register", "s3://b/k"],
            "",
            "the register 's3://b/k' requires a live scan",
        ),
        (&["scan", "--snapshot", "-"], "[]", "this is not a snapshot: it is a JSON array"),
        (&["scan", "--snapshot", "-"], "{}", "it has no \"schema\""),
        (&["register", "check", "-"], "[]", "this is not a register: it is a JSON array"),
        (
            &["scan", "--sample", "--register", "-", "--parameters", "-"],
            "",
            "more than one file is read from standard input",
        ),
        (&["scan", "--sample", "--deadline", "soon"], "", "give a duration like 90s"),
        (&["scan", "--sample", "--register", ""], "", "a value is required for '--register"),
        (&["scan", "--sample", "--register", "-"], " \n", "standard input is empty"),
        (&["scan", "--sample", "--parameters", "-"], "[]", "-: it is a JSON array"),
        (&["scan", "--snapshot", "-", "--config", "-"], "", "more than one file is read"),
        (&["scan", "--sample", "--output-dir", "-"], "", "'-' is not a directory"),
        (&["scan", "--sample", "--resume", "-"], "", "'-' is not a directory"),
        (&["man", "--dir", "-"], "", "'-' is not a directory"),
        (&["diff", "-", "-"], "", "more than one file is read from standard input"),
        (&["register", "check", "-", "--scan", "-"], "", "more than one file is read"),
        (&["diff", "-", "absent.json"], "[]", "not a scan report: it is a JSON array"),
        (&["fix", "-"], "\"text\"", "not a scan report: it is not a JSON object"),
        (&["fix", "-"], "{}", "not a scan report: it has no \"schema\""),
        (&["policy", "-"], "", "standard input is empty"),
        (&["filter", "match", "{ $.a = 1 }", "-"], "a\n[1]\n", "the input contains no JSON event"),
    ] {
        let message = error(arguments, input);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    let pattern = run(&["filter", "match", "{", "--format", "json"], "{}", &[]);
    assert_eq!(
        pattern.status.code(),
        Some(2),
        "an invalid pattern is invalid input in each format"
    );
    let day = text(&["scan", "--sample", "--now", "2026-03-02", "--summary"]);
    assert!(day.contains("2026-03-02T00:00:00Z"), "{day}");
    let output = run(&["scan", "--sample", "--summary"], "", &[("PLUMBLINE_HOME_REGION", "")]);
    assert!(output.status.success(), "an empty variable counts as not set");
    let wrong = run(&["scan", "--sample"], "", &[("PLUMBLINE_HOME_REGION", "home")]);
    assert_eq!(wrong.status.code(), Some(2));
}
