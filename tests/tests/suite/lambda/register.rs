//! The register of a function: exceptions, attestations, and invalid registers.

use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::{ConfigEvent, RunningFunction, in_a_month};
use serde_json::{Value, json};

use super::{MFA_RULE, REGION, finding, held, metrics, pair, with_buckets};

/// A versioned bucket with a register.
struct Store<'a> {
    account: &'a TestAccount,
    bucket: String,
}

impl<'a> Store<'a> {
    fn new(account: &'a TestAccount) -> Self {
        let bucket = format!("register-{}", account.id);
        account.bucket(&bucket, REGION);
        account.versioning(&bucket, REGION, "Enabled", "Enabled");
        Self { account, bucket }
    }

    fn location(&self) -> String {
        format!("s3://{}/register.json", self.bucket)
    }

    fn put(&self, text: &str) {
        self.account.s3("PUT", &format!("/{}/register.json", self.bucket), REGION, text);
    }
}

/// A register with an exception for buckets.
fn waiving(resources: &str) -> Value {
    json!({ "schema": 1, "exceptions": [{ "control": "2.1.3", "accounts": ["*"],
        "resources": [resources], "reason": "a test", "approved_by": "me",
        "until": in_a_month() }] })
}

fn message(error: &Value) -> &str {
    error["errorMessage"].as_str().expect("a message")
}

#[test]
fn the_register_waives_and_attests() {
    let (account, _, bad) = with_buckets();
    let register = json!({
        "schema": 1,
        "attestations": [{ "control": "1.3", "accounts": ["*"], "verdict": "compliant", "by": "me",
        "on": "2026-01-01", "until": in_a_month(), "evidence": "https://example.com" }],
        "exceptions": [{ "control": "2.1.3", "accounts": [account.id], "resources": ["bad-*"],
        "reason": "a test", "approved_by": "me", "until": in_a_month() }]
    });
    let store = Store::new(&account);
    store.put(&register.to_string());
    let location = store.location();
    let variables = [("PLUMBLINE_REGISTER", location.as_str())];

    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &variables);
    function
        .invoke(&ConfigEvent::of(&account, REGION, MFA_RULE).scheduled())
        .answer
        .expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&bad, "NOT_APPLICABLE")));
    let waived = finding(&account, &bad).expect("a finding that documents the exception");
    assert_eq!(
        (&waived["RecordState"], &waived["ProductFields"]["plumbline/SuppressedBy"]),
        (&json!("ARCHIVED"), &json!("me"))
    );

    let mut questions = RunningFunction::start(&account, REGION, "1.3", &variables);
    questions
        .invoke(&ConfigEvent::of(&account, REGION, "cis-1-3-security-questions").scheduled())
        .answer
        .expect("success");
    assert_eq!(held(&account, "cis-1-3-security-questions"), [pair(&account.id, "COMPLIANT")]);
    let mut unattested = RunningFunction::start(&account, REGION, "1.3", &[]);
    unattested
        .invoke(&ConfigEvent::of(&account, REGION, "cis-1-3-security-questions").scheduled())
        .answer
        .expect("a missing attestation is not an error");
    assert_eq!(held(&account, "cis-1-3-security-questions"), [pair(&account.id, "NOT_APPLICABLE")]);
}

#[test]
fn the_last_register_that_can_be_used_stands_in_for_a_broken_one() {
    let (account, good, bad) = with_buckets();
    let store = Store::new(&account);
    store.put(&waiving("none").to_string());
    store.put(&waiving(&bad).to_string());
    store.put("{\"schema\": 1,");
    store.put("[]");
    let location = store.location();
    let variables = [("PLUMBLINE_REGISTER", location.as_str())];
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &variables);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE).scheduled();
    let answer = function.invoke(&event).answer.expect("the version before the broken ones");
    assert_eq!(answer["register"]["kind"], "earlier", "{answer}");
    assert!(answer["register"]["why"].as_str().expect("why").contains("it is a JSON array"));
    let held = held(&account, MFA_RULE);
    assert!(held.contains(&pair(&bad, "NOT_APPLICABLE")), "{held:?}");
    assert!(held.contains(&pair(&good, "COMPLIANT")), "{held:?}");
    let output = function.stop();
    assert_eq!(metrics(&output).expect("metrics")["RegisterFallback"], 1);
    let log = Value::Array(output).to_string();
    assert!(log.contains("the last usable version is used instead"), "{log}");
}

/// In a folder, an account has its own register or the one of all others.
#[test]
fn a_folder_has_a_register_for_each_account_and_one_for_the_others() {
    let (account, _, bad) = with_buckets();
    let store = Store::new(&account);
    let put = |name: &str, register: &Value| {
        let path = format!("/{}/accounts/{name}.json", store.bucket);
        account.s3("PUT", &path, REGION, &register.to_string());
    };
    let location = format!("s3://{}/accounts/", store.bucket);
    let variables = [("PLUMBLINE_REGISTER", location.as_str())];
    let event = ConfigEvent::of(&account, REGION, MFA_RULE).scheduled();
    let run = || {
        let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &variables);
        function.invoke(&event).answer
    };
    put("999988887777", &waiving(&bad));
    let error = run().expect_err("there is neither");
    assert!(message(&error).contains("accounts/default.json"), "{error}");
    put("default", &waiving("none"));
    run().expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&bad, "NON_COMPLIANT")), "of another account");
    put("default", &waiving(&bad));
    run().expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&bad, "NOT_APPLICABLE")), "that of others");
    put(&account.id, &waiving("none"));
    run().expect("success");
    assert!(held(&account, MFA_RULE).contains(&pair(&bad, "NON_COMPLIANT")), "its own");
    // It is unknown whether the register exists.
    account.fault("s3", "ListObjectVersions", "denied", json!({}));
    let error = run().expect_err("denied");
    assert!(message(&error).contains("nothing was waived or attested"), "{error}");
}

#[test]
fn without_a_register_that_can_be_used_failures_are_published() {
    let (account, good, bad) = with_buckets();
    let store = Store::new(&account);
    store.put("{");
    let location = store.location();
    let variables = [("PLUMBLINE_REGISTER", location.as_str())];
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &variables);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE).scheduled();
    let error = function.invoke(&event).answer.expect_err("no register can be used");
    assert!(message(&error).contains("nothing was waived or attested"), "{error}");
    assert!(message(&error).contains(&location), "{error}");
    let held = held(&account, MFA_RULE);
    assert!(held.contains(&pair(&bad, "NON_COMPLIANT")), "{held:?}");
    assert!(held.contains(&pair(&good, "COMPLIANT")), "{held:?}");
    assert_eq!(finding(&account, &bad).expect("a finding")["Compliance"]["Status"], "FAILED");
}

#[test]
fn an_entry_that_is_wrong_takes_no_other_one_away() {
    let (account, _, bad) = with_buckets();
    let store = Store::new(&account);
    let mut register = waiving(&bad);
    let mut endless = register["exceptions"][0].clone();
    endless["until"] = json!("9999-12-31");
    endless["resources"] = json!(["*"]);
    register["exceptions"].as_array_mut().expect("a list").insert(0, endless);
    store.put(&register.to_string());
    let location = store.location();
    let variables = [("PLUMBLINE_REGISTER", location.as_str())];
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &variables);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE).scheduled();
    let answer = function.invoke(&event).answer.expect("the other entry counts");
    let problems = answer["register"]["problems"].to_string();
    assert!(problems.contains("exceptions[0] (2.1.3): until 9999-12-31 is more than"), "{answer}");
    assert!(held(&account, MFA_RULE).contains(&pair(&bad, "NOT_APPLICABLE")));
    let store_bucket = pair(&store.bucket, "NON_COMPLIANT");
    assert!(!held(&account, MFA_RULE).contains(&store_bucket), "MFA delete is on there");
    assert_eq!(metrics(&function.stop()).expect("metrics")["InvalidRegisterEntry"], 1);
}

#[test]
fn a_register_of_another_owner_is_refused() {
    let (account, _, bad) = with_buckets();
    let other = TestAccount::new();
    let bucket = format!("register-{}", other.id);
    other.bucket(&bucket, REGION);
    let register = json!({ "schema": 1, "exceptions": [{ "control": "2.1.3", "accounts": ["*"],
        "resources": ["*"], "reason": "r", "approved_by": "b", "until": in_a_month() }] });
    other.s3("PUT", &format!("/{bucket}/register.json"), REGION, &register.to_string());
    // The other account allows everyone to read it.
    let objects = format!("arn:aws:s3:::{bucket}/*");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": "*", "Action": "s3:GetObject", "Resource": objects }] });
    other.s3("PUT", &format!("/{bucket}?policy"), REGION, &policy.to_string());
    let location = format!("s3://{bucket}/register.json");
    let mut function =
        RunningFunction::start(&account, REGION, MFA_RULE, &[("PLUMBLINE_REGISTER", &location)]);
    let event = ConfigEvent::of(&account, REGION, MFA_RULE).scheduled();
    let error = function.invoke(&event).answer.expect_err("another owner");
    assert!(error["errorMessage"].as_str().expect("a message").contains(&location), "{error}");
    let failed = finding(&account, &bad).expect("failures are still published");
    assert_eq!(
        (&failed["RecordState"], &failed["Compliance"]["Status"]),
        (&json!("ACTIVE"), &json!("FAILED"))
    );
    let named = [("PLUMBLINE_REGISTER", &*location), ("PLUMBLINE_REGISTER_OWNER", &*other.id)];
    let mut function = RunningFunction::start(&account, REGION, MFA_RULE, &named);
    function.invoke(&event).answer.expect("the owner that was named");
}
