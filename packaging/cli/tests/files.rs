//! Tests of output files: they appear only when they are complete, and keep their earlier content
//! until then.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "helpers of tests, too, end the test")]

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn scan(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .arg("scan")
        .args(arguments)
        .current_dir(folder)
        .env_remove("PLUMBLINE_HOME_REGION")
        .output()
        .expect("the program starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("files").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_scan_that_fails_leaves_what_was_there() {
    let folder = folder("fails");
    std::fs::write(folder.join("scan.json"), "earlier").expect("written");
    std::fs::write(folder.join("snapshot.json"), "{}").expect("written");
    let (code, _) = scan(
        &folder,
        &["--snapshot", "snapshot.json", "--format", "json=scan.json", "--format", "csv=scan.csv"],
    );
    assert_eq!(code, Some(2));
    assert_eq!(std::fs::read_to_string(folder.join("scan.json")).expect("read"), "earlier");
    assert_eq!(names(&folder), ["scan.json", "snapshot.json"], "no file is begun and left");
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let folder = folder("replaced");
    let file = folder.join("scan.json");
    std::fs::write(&file, "earlier").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("set");
    std::os::unix::fs::symlink("scan.json", folder.join("link.json")).expect("a link");
    let (code, errors) = scan(
        &folder,
        &[
            "--sample",
            "--control",
            "5.2",
            "--format",
            "json=link.json",
            "--format",
            "html=page.html",
        ],
    );
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(names(&folder), ["link.json", "page.html", "scan.json"]);
    assert!(folder.join("link.json").symlink_metadata().expect("there").is_symlink());
    assert!(std::fs::read_to_string(&file).expect("read").starts_with('{'));
    let mode =
        |name: &str| folder.join(name).metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(mode("scan.json"), 0o640, "it keeps its mode");
    std::fs::write(folder.join("other"), "").expect("written");
    assert_eq!(mode("page.html"), mode("other"), "a new one has the usual mode");
}

#[test]
fn what_is_no_file_is_written_to_and_not_replaced() {
    let folder = folder("null");
    let (code, errors) =
        scan(&folder, &["--sample", "--control", "5.2", "--format", "json=/dev/null"]);
    assert_eq!(code, Some(0), "{errors}");
    let null = std::fs::metadata("/dev/null").expect("there");
    assert!(null.file_type().is_char_device());
    let (code, errors) = scan(&folder, &["--sample", "--format", "json=nowhere/scan.json"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("cannot write 'nowhere/scan.json'"), "{errors}");
    let (code, errors) = scan(&folder, &["--sample", "--format", "json=-", "--format", "csv"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("more than one format writes to standard output"), "{errors}");
    assert!(names(&folder).is_empty());
}

#[test]
fn a_folder_holds_a_report_that_stands_in_for_a_scan() {
    let folder = folder("accounts");
    let (code, errors) = scan(&folder, &["--sample", "--output-dir", "reports"]);
    assert_eq!(code, Some(0), "{errors}");
    let reports = folder.join("reports");
    assert_eq!(names(&reports), ["111122223333.json", "index.json"]);
    for format in ["json", "csv", "asff", "ocsf", "html"] {
        let (whole, resumed) = (format!("{format}=whole"), format!("{format}=resumed"));
        assert_eq!(scan(&folder, &["--sample", "--format", &whole]).0, Some(0));
        let resume = ["--sample", "--resume", "reports", "--format", &resumed];
        assert_eq!(scan(&folder, &resume).0, Some(0));
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
        assert_eq!(read("whole"), read("resumed"), "{format}");
    }
    let gate = ["--sample", "--resume", "reports", "--fail-on"];
    for (on, expected) in [("unreadable", 1), ("non-compliant", 1), ("incomplete", 0)] {
        assert_eq!(scan(&folder, &[&gate[..], &[on]].concat()).0, Some(expected), "{on}");
    }
}

#[test]
fn what_does_not_go_together_is_not_taken_over() {
    let folder = folder("other_rules");
    assert_eq!(scan(&folder, &["--sample", "--output-dir", "reports"]).0, Some(0));
    for (more, why) in [
        (&["--control", "5.2"][..], "other controls or parameters"),
        (&["--register", "none"], "no register"),
        (&["--region", "us-east-1"], "other Regions"),
    ] {
        let resume = [&["--sample", "--resume", "reports"], more].concat();
        let (code, errors) = scan(&folder, &resume);
        assert_eq!(code, Some(2), "{more:?}: {errors}");
        assert!(errors.contains(why), "{more:?}: {errors}");
    }
    // After one day, the account is scanned again and the file is replaced.
    let later = ["--sample", "--resume", "reports", "--now", "2026-03-03T08:00:01Z"];
    assert_eq!(scan(&folder, &later).0, Some(0));
    let file = folder.join("reports/111122223333.json");
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.contains("2026-03-03T08:00:01Z"));
    let report = |edit: &dyn Fn(&mut Value)| {
        assert_eq!(scan(&folder, &["--sample", "--output-dir", "reports"]).0, Some(0));
        let mut report: Value =
            serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
        edit(&mut report);
        std::fs::write(&file, report.to_string()).expect("written");
    };
    type Edit = &'static dyn Fn(&mut Value);
    let edits: [(&str, Edit, &str); 9] = [
        (
            "no control",
            &|report| report["accounts"][0]["controls"] = json!([]),
            "its controls differ",
        ),
        (
            "no evaluation",
            &|report| report["accounts"][0]["controls"][0]["evaluations"] = json!([]),
            "contradict each other",
        ),
        (
            "another outcome",
            &|report| {
                report["accounts"][0]["controls"][0]["evaluations"][0]["compliance"] =
                    json!("COMPLIANT");
            },
            "contradict each other",
        ),
        (
            "another account",
            &|report| report["accounts"][0]["account_id"] = json!("999999999999"),
            "contradict each other",
        ),
        (
            "partition",
            &|report| report["accounts"][0]["partition"] = json!("aws-cn"),
            "in partition aws",
        ),
        (
            "another resource",
            &|report| {
                report["accounts"][0]["controls"][0]["evaluations"][0]["resource_id"] = json!("x");
            },
            "of a result is wrong",
        ),
        ("version", &|report| report["run"]["tool"]["version"] = json!("9.9"), "plumbline 9.9"),
        ("origin", &|report| report["run"]["origin"] = json!({ "kind": "live" }), "live accounts"),
        (
            "two accounts",
            &|report| {
                let account = report["accounts"][0].clone();
                report["accounts"].as_array_mut().expect("a list").push(account);
            },
            "exactly one account",
        ),
    ];
    for (what, edit, why) in edits {
        report(edit);
        let (code, errors) = scan(&folder, &["--sample", "--resume", "reports"]);
        assert_eq!(code, Some(2), "{what}: {errors}");
        assert!(errors.contains(why), "{what}: {errors}");
    }
    // A report that is incomplete or from the future is scanned again.
    let edits: [Edit; 3] = [
        &|report| report["run"]["accounts"][0]["state"] = json!("interrupted"),
        &|report| report["run"]["complete"] = json!(false),
        &|report| report["generated_at"] = json!("2036-01-01T00:00:00Z"),
    ];
    for edit in edits {
        report(edit);
        assert_eq!(scan(&folder, &["--sample", "--resume", "reports"]).0, Some(0));
        let index = std::fs::read_to_string(folder.join("reports/index.json")).expect("a file");
        assert!(index.contains("\"resumed\": false"), "{index}");
    }
    for (content, why) in [("{", "is not a scan report"), ("{\"schema\": 1}", "schema")] {
        std::fs::write(&file, content).expect("written");
        let (code, errors) = scan(&folder, &["--sample", "--resume", "reports"]);
        assert_eq!(code, Some(2), "{content}: {errors}");
        assert!(errors.contains(why), "{content}: {errors}");
    }
    let (code, errors) = scan(&folder, &["--sample", "--resume", "nowhere"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("the directory 'nowhere' does not exist"), "{errors}");
    std::fs::write(folder.join("file"), "").expect("written");
    assert_eq!(scan(&folder, &["--sample", "--output-dir", "file"]).0, Some(2));
}

#[test]
fn exceptions_that_ended_since_do_not_count_when_a_scan_goes_on() {
    let folder = folder("ended");
    let exception = json!({ "control": "5.2", "accounts": ["*"], "resources": ["*"],
        "reason": "migration", "approved_by": "CISO", "until": "2026-03-02" });
    let register = json!({ "schema": 1, "exceptions": [exception] });
    std::fs::write(folder.join("register.json"), register.to_string()).expect("written");
    let given = ["--sample", "--control", "5.2", "--register", "register.json"];
    assert_eq!(scan(&folder, &[&given[..], &["--output-dir", "reports"]].concat()).0, Some(0));
    let gate = ["--resume", "reports", "--fail-on", "non-compliant", "--now"];
    let on = |now: &'static str| scan(&folder, &[&given[..], &gate[..], &[now]].concat()).0;
    assert_eq!(on("2026-03-02T23:00:00Z"), Some(0), "it still counts");
    assert_eq!(on("2026-03-03T07:00:00Z"), Some(1), "it counts no more");
}

#[test]
fn what_the_folder_holds_is_not_replaced_by_another_format() {
    let folder = folder("inside");
    assert_eq!(scan(&folder, &["--sample", "--output-dir", "reports"]).0, Some(0));
    let inside = ["--sample", "--output-dir", "reports", "--format", "html=reports/index.json"];
    let (code, errors) = scan(&folder, &inside);
    assert_eq!(code, Some(2));
    assert!(errors.contains("is in the directory of the account reports"), "{errors}");
}

/// A directory that becomes unwritable does not affect the other formats.
#[test]
fn other_formats_are_written_where_the_folder_fails() {
    let folder = folder("full");
    std::fs::create_dir(folder.join("reports")).expect("made");
    // A directory has the name of the account's file.
    std::fs::create_dir(folder.join("reports/111122223333.json")).expect("made");
    let given = ["--sample", "--output-dir", "reports", "--format", "json=scan.json"];
    let (code, errors) = scan(&folder, &given);
    assert_eq!(code, Some(3), "{errors}");
    assert!(errors.contains("cannot write 'reports/111122223333.json'"), "{errors}");
    assert!(std::fs::metadata(folder.join("scan.json")).expect("it is there").len() > 1_000);
}
