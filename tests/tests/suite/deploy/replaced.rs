//! Code that was replaced outside of the program, in buckets and in functions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::programs::{stderr, stdout};
use serde_json::json;

use super::{Code, HOME, account};

#[test]
fn replaced_code_is_found_and_restored() {
    let (account, code) = (account(), Code::new("1"));
    let region = ["--region", HOME];
    let run = |mode: &str| code.deploy(&account, &[&region[..], &[mode]].concat());
    let plan = stdout(&run("--apply"), 0);
    let release = plan.split("release ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let release = release.expect("the release's name").trim_end_matches([',', '.']);
    let key = format!("plumbline-{}-{HOME}/{release}/bootstrap.zip", account.id);
    let size = std::fs::metadata(&code.file).expect("the code").len();
    account.s3("PUT", &format!("/{key}"), HOME, &"x".repeat(usize::try_from(size).expect("small")));
    let output = run("--dry-run");
    let plan = String::from_utf8_lossy(&output.stdout);
    assert!(plan.contains("1 of them exist with other content"), "{plan}");
    let error = stderr(&output, 3);
    assert!(
        error.contains(&format!("'s3://{key}' was replaced: it is not the object of this release")),
        "{error}"
    );
    stdout(&run("--apply"), 0);
    assert!(stdout(&run("--dry-run"), 0).contains("Nothing to do"));
}

/// Updates the code of a function, as another program would.
pub(super) fn replace_code(account: &TestAccount, region: &str, function: &str, code: &Code) {
    let zip = std::fs::read(&code.file).expect("a bundle");
    let url = format!("{}/2015-03-31/functions/{function}/code", endpoint());
    let body = json!({ "ZipFile": STANDARD.encode(&zip) });
    ureq::put(&url)
        .header("Authorization", account.authorization("lambda", region))
        .send_json(&body)
        .expect("the code is replaced");
}

#[test]
fn replaced_code_of_a_function_is_seen_and_put_back() {
    let (account, code) = (account(), Code::new("1"));
    let run = |mode: &str| code.deploy(&account, &["--region", HOME, mode]);
    stdout(&run("--apply"), 0);
    assert!(stdout(&run("--dry-run"), 0).contains("Nothing to do"));
    replace_code(&account, HOME, "plumbline-5-2", &Code::new("2"));
    let plan = run("--dry-run");
    assert!(!stdout(&plan, 3).contains("Nothing to do"));
    assert!(
        stderr(&plan, 3).contains("function 'plumbline-5-2' in us-east-1 does not run the code"),
        "{plan:?}"
    );
    let report = stdout(&run("--apply"), 0);
    assert!(report.contains("restored the code of function 'plumbline-5-2'"), "{report}");
    assert!(stdout(&run("--dry-run"), 0).contains("Nothing to do"));

    // Access denied to the code is no reason to stop.
    account.fault("lambda", "ListFunctions", "denied", json!({}));
    let plan = stdout(&run("--dry-run"), 0);
    assert!(
        plan.contains("cannot check whether functions run the code of their release"),
        "{plan}"
    );
}
