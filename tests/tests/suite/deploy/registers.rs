//! The registers of an organization's accounts, and the roles that read them.

use plumbline_tests::checks::file;
use plumbline_tests::environment::{TestAccount, endpoint};
use plumbline_tests::lambda_runtime::in_a_month;
use plumbline_tests::programs::stdout;
use serde_json::{Value, json};

use super::{HOME, Organization};

/// Status and content of a request for an object, as an administrator or as a role of an account.
fn get(account: &TestAccount, role: Option<&str>, path: &str) -> (u16, String) {
    let mut authorization = account.authorization("s3", HOME);
    let mut token = String::new();
    if let Some(role) = role {
        let [(_, key), _, (_, session)] = account.session(role);
        authorization = authorization.replace(&account.access_key(), &key);
        token = session;
    }
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request =
        agent.get(format!("{}{path}", endpoint())).header("Authorization", authorization);
    if !token.is_empty() {
        request = request.header("X-Amz-Security-Token", token);
    }
    let mut answer = request.call().expect("an answer");
    let text = answer.body_mut().read_to_string().expect("a text");
    (answer.status().as_u16(), text)
}

fn exception(accounts: &[&str], reason: &str) -> Value {
    json!({ "control": "2.1.3", "accounts": accounts, "resources": ["*"], "reason": reason,
        "approved_by": "Security", "until": in_a_month() })
}

#[test]
fn an_account_reads_its_own_register_and_no_other() {
    const ROLE: Option<&str> = Some("plumbline-own-1-4");
    let organization = Organization::new();
    let Organization { management, members: [first, second], .. } = &organization;
    let folder = tempfile::tempdir().expect("a folder");
    let deploy = |exceptions: &[Value]| {
        let register = json!({ "schema": 1, "exceptions": exceptions }).to_string();
        let register = file(&folder, "register.json", &register);
        stdout(&organization.deploy(&["--register", &register, "--apply"]), 0)
    };
    let (ours, all) = (exception(&[&first.id], "only ours"), exception(&["*"], "for all"));
    let report = deploy(&[ours, all.clone()]);
    assert!(report.contains("registers by account: 2 registers will be uploaded"), "{report}");
    let bucket = format!("/plumbline-{}-register", management.id);
    let (own, default) =
        (format!("{bucket}/accounts/{}.json", first.id), format!("{bucket}/accounts/default.json"));
    let (status, text) = get(first, ROLE, &own);
    assert!(status == 200 && text.contains("only ours") && text.contains("for all"), "{text}");
    let (status, text) = get(second, ROLE, &default);
    assert!(status == 200 && text.contains("for all"), "{text}");
    assert!(!text.contains("only ours") && !text.contains(&first.id), "{text}");
    for path in [&own, &format!("{bucket}/register.json"), &format!("{bucket}?versions")] {
        let (status, text) = get(second, ROLE, path);
        assert!(status == 403, "{path}: {status} {text}");
    }
    let versions =
        |account: &TestAccount| format!("{bucket}?versions&prefix=accounts/{}.json", account.id);
    assert_eq!(get(second, ROLE, &versions(first)).0, 403, "not even whether there is one");
    let (status, text) = get(second, ROLE, &versions(second));
    assert!(status == 200 && !text.contains("<Version>"), "{text}");
    // Administrators of members read no register, unless they create a role with such a name.
    for path in [&own, &default] {
        assert_eq!(get(first, None, path).0, 403, "{path}");
    }
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do"), "{plan}");

    // An account without its own entries has the entries of all others.
    deploy(&[all]);
    let (status, text) = get(first, ROLE, &own);
    assert!(status == 200 && text.contains("for all") && !text.contains("only ours"), "{text}");
    let plan = stdout(&organization.deploy(&["--dry-run"]), 0);
    assert!(plan.contains("Nothing to do"), "{plan}");
}
