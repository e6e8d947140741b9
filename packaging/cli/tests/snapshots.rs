//! Compares the output of the program with files: help, results and errors. These runs do not use
//! AWS.
//!
//! `TRYCMD=overwrite SNAPSHOTS=overwrite cargo test -p plumbline-cli --no-default-features --test
//! snapshots` accepts changes.
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::path::Path;
use std::process::{Command, Output};

use snapbox::assert::DEFAULT_ACTION_ENV;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, Redactions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_plumbline");

/// The width and colors of the output.
const ENVIRONMENT: [(&str, &str); 2] = [("COLUMNS", "100"), ("NO_COLOR", "1")];

/// Help shows the value of this variable, and usage the option that it sets.
const HOME_REGION: &str = "PLUMBLINE_HOME_REGION";

#[test]
fn commands_print_what_they_printed() {
    // Test cases can set variables, but not remove them.
    assert!(std::env::var_os(HOME_REGION).is_none(), "unset {HOME_REGION}: help shows it");
    let cases = trycmd::TestCases::new();
    cases.register_bin("plumbline", Path::new(PROGRAM));
    for (name, value) in ENVIRONMENT {
        cases.env(name, value);
    }
    cases.case("tests/cmd/*.trycmd");
    // The build with AWS would use the network for these commands. Help is the same in both builds.
    #[cfg(not(feature = "aws"))]
    cases.case("tests/cmd/without_aws/*.trycmd");
    cases.run();
}

/// Controls that cover every outcome, including attested and waived results.
const SOME: [&str; 8] =
    ["--control", "1.3", "--control", "1.12", "--control", "2.1.3", "--control", "5.2"];

#[test]
fn the_sample_looks_as_it_did_in_every_format() {
    let scan = ["scan", "--sample", "--format"];
    for (file, arguments) in [
        ("table.txt", [&scan[..], &["table"]].concat()),
        ("report.json", [&scan[..], &["json"]].concat()),
        ("report.csv", [&scan[..], &["csv"]].concat()),
        ("report.html", [&scan[..], &["html"], &SOME].concat()),
        ("report.md", [&scan[..], &["markdown"], &SOME].concat()),
        ("junit.xml", [&scan[..], &["junit"], &SOME].concat()),
        ("sarif.json", [&scan[..], &["sarif"], &SOME].concat()),
        ("asff.json", [&scan[..], &["asff"], &SOME].concat()),
        ("ocsf.json", [&scan[..], &["ocsf"], &SOME].concat()),
    ] {
        compare(&arguments, file);
    }
}

#[test]
fn an_explanation_reads_as_it_did() {
    compare(&["explain", "4.5"], "explain.txt");
}

/// The first line of the fixes contains the path of the report, so they run in its folder.
#[test]
fn the_fixes_of_the_sample_are_what_they_were() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixes");
    std::fs::create_dir_all(&folder).expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).envs(ENVIRONMENT).env_remove(HOME_REGION).current_dir(&folder);
        command.output().expect("the program starts")
    };
    let scan = run(&["scan", "--sample", "--format", "json=scan.json"]);
    assert!(scan.status.success(), "{}", String::from_utf8_lossy(&scan.stderr));
    let all = "--include-disruptive";
    for (file, arguments) in [
        ("fix.sh", &["fix", "scan.json"][..]),
        ("fix-5.2.sh", &["fix", "--control", "5.2", all, "scan.json"]),
        ("fix.tf", &["fix", "--as", "terraform", all, "--control", "1,2,5", "scan.json"]),
    ] {
        compare_output(&run(arguments), arguments, file);
    }
}

/// Compares the output of a run with a file byte by byte, except for the version of the program,
/// and the style and script of the page, which are separate files.
fn compare(arguments: &[&str], file: &str) {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .envs(ENVIRONMENT)
        .env_remove(HOME_REGION)
        .output()
        .expect("the program starts");
    compare_output(&output, arguments, file);
}

fn compare_output(output: &Output, arguments: &[&str], file: &str) {
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut redactions = Redactions::new();
    for (placeholder, value) in [
        ("[TOOL]", concat!("plumbline ", env!("CARGO_PKG_VERSION"))),
        ("[VERSION]", concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\"")),
        ("[STYLE]", include_str!("../src/formats/pages/page.css")),
        ("[SCRIPT]", include_str!("../src/formats/pages/page.js")),
    ] {
        redactions.insert(placeholder, value).expect("a placeholder");
    }
    // Tests run in the folder of their package. The path at compile time may belong to another
    // checkout.
    let expected = Path::new("tests/sample").join(file);
    Assert::new()
        .action_env(DEFAULT_ACTION_ENV)
        // A backslash in the output is not a path separator.
        .normalize_paths(false)
        .redact_with(redactions)
        .eq(
            String::from_utf8(output.stdout.clone()).expect("UTF-8"),
            Data::read_from(&expected, Some(DataFormat::Text)),
        );
}
