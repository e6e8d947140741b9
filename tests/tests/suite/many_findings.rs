//! Each format of a scan with more resources than the limited formats list, half of which fail.
//! Formats without a limit contain everything; formats with a limit state how many results they
//! omit.

use std::io::{BufRead, BufReader};
use std::path::Path;

use plumbline_tests::checks::file;
use plumbline_tests::programs::{plumbline, stdout};
use plumbline_tests::readers::read_by_python;
use plumbline_tests::sample::security_groups;
use serde_json::Value;

const RESOURCES: usize = 20_000;
const FAILURES: usize = RESOURCES / 2;
/// The size of the page.
const LARGEST_PAGE: usize = 5_000_000;

/// The number of lines of a file that contain a text.
fn lines_with(file: &Path, text: &str) -> usize {
    let lines = BufReader::new(std::fs::File::open(file).expect("a file")).lines();
    lines.filter(|line| line.as_ref().expect("UTF-8").contains(text)).count()
}

#[test]
fn many_resources_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = file(&folder, "many.json", &security_groups(RESOURCES).to_string());
    let formats =
        ["table", "json", "csv", "xlsx", "html", "markdown", "junit", "sarif", "asff", "ocsf"];
    let path = |format: &str| folder.path().join(format!("scan.{format}"));
    let outputs = formats.map(|format| format!("{format}={}", path(format).display()));
    let outputs = outputs.iter().flat_map(|output| ["--format", output]);
    let scan = ["scan", "--snapshot", &snapshot, "--control", "5.2"].into_iter().chain(outputs);
    stdout(&plumbline(&scan.collect::<Vec<_>>()), 0);

    // These formats contain everything.
    assert_eq!(lines_with(&path("table"), "(group-"), FAILURES);
    assert_eq!(lines_with(&path("json"), "\"compliance\": \"NON_COMPLIANT\""), FAILURES);
    assert_eq!(lines_with(&path("csv"), ",NON_COMPLIANT,"), FAILURES);
    assert_eq!(lines_with(&path("csv"), ",COMPLIANT,"), RESOURCES - FAILURES);
    assert_eq!(lines_with(&path("junit"), "<testcase "), RESOURCES);
    assert_eq!(lines_with(&path("junit"), "<failure "), FAILURES);
    assert_eq!(lines_with(&path("asff"), "\"GeneratorId\""), RESOURCES);
    assert_eq!(lines_with(&path("ocsf"), "\"class_uid\""), RESOURCES);
    let script = "import sys, openpyxl\n\
         book = openpyxl.load_workbook(sys.argv[1], read_only=True)\n\
         rows = book['Findings'].iter_rows(min_row=2, min_col=5, max_col=5, values_only=True)\n\
         found = [value for value, in rows]\n\
         print(len(found), found.count('NON_COMPLIANT'))";
    assert_eq!(read_by_python(script, &path("xlsx")), format!("{RESOURCES} {FAILURES}\n"));

    // These formats have a limit, and state what they omit.
    let page = std::fs::read_to_string(path("html")).expect("a page");
    let shown = page.matches("class=\"finding\"").count();
    assert!(shown <= 5_000 && page.len() <= LARGEST_PAGE, "{shown}");
    assert!(
        page.contains(&format!("This page leaves out {} findings", RESOURCES - shown)),
        "{shown}"
    );
    let markdown = std::fs::read_to_string(path("markdown")).expect("Markdown");
    let last = markdown.lines().last().expect("a line");
    let listed = markdown.lines().filter(|line| line.starts_with("| high |")).count();
    assert!(markdown.len() <= 1_024_000, "{}", markdown.len());
    assert!(last.starts_with(&format!("{} more findings", FAILURES - listed)), "{last}");
    let sarif: Value =
        serde_json::from_slice(&std::fs::read(path("sarif")).expect("a file")).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().expect("a list").len(), 5_000);
    let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(
        notes.contains(&format!("This file leaves out {} results", FAILURES - 5_000)),
        "{notes}"
    );
}
