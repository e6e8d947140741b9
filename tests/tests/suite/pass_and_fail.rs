//! Every control passes and fails on live accounts: the demo account, one with the opposite account
//! settings, and an empty one. The remedies in `alarm_chains.rs` show that 4.1 to 4.15 pass.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, Utc};
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::lambda_runtime::in_a_month;
use plumbline_tests::programs::{json, plumbline_as};
use serde_json::{Value, json};

/// A register that attests one verdict for the controls that need an attestation.
fn register(verdict: &str) -> tempfile::NamedTempFile {
    let attestation = |control: &str| {
        json!({ "control": control, "accounts": ["*"],
        "verdict": verdict, "by": "Audit", "on": "2020-01-01", "until": in_a_month(),
        "evidence": "https://wiki.example.com/1" })
    };
    let file = tempfile::NamedTempFile::new().expect("a file");
    let register = json!({ "schema": 1, "attestations": [attestation("1.1"), attestation("1.3")],
        "exceptions": [] });
    std::fs::write(file.path(), register.to_string()).expect("writes");
    file
}

/// A raw answer of a service.
fn answers(account: &TestAccount, service: &str, operation: &str, body: Value) {
    account.control(
        "overrides",
        json!({ "service": service, "operation": operation, "status": 200, "body": body }),
    );
}

/// The opposite of the demo account's settings.
// Controls: 1.1, 1.3, 1.6, 1.7, 1.9, 3.11.
fn opposite() -> TestAccount {
    let account = TestAccount::seeded();
    let address = json!({ "FullName": "Team", "AddressLine1": "1 Road", "City": "Bergen",
        "PostalCode": "5003", "CountryCode": "NO", "PhoneNumber": "+1 206 555 0100" });
    account.control("account/contact", json!({ "contact": address }));
    let yesterday = (Utc::now() - TimeDelta::days(1)).to_rfc3339();
    account.control(
        "iam/root",
        json!({ "mfa_active": true, "virtual_mfa": true, "password_last_used": yesterday }),
    );
    account.iam(&[
        ("Action", "UpdateAccountPasswordPolicy"),
        ("MinimumPasswordLength", "14"),
        ("PasswordReusePrevention", "24"),
    ]);
    let objects = json!([{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }]);
    let selector = json!({ "ReadWriteType": "All", "IncludeManagementEvents": true,
        "DataResources": objects });
    answers(&account, "cloudtrail", "GetEventSelectors", json!({ "EventSelectors": [selector] }));
    account
}

/// An account without any setup.
// Controls: 1.2, 1.4, 1.5, 1.8, 1.17, 1.21, 3.1, 3.10.
fn bare() -> TestAccount {
    let account = TestAccount::new();
    account.control("iam/root", json!({ "mfa_active": false }));
    answers(
        &account,
        "organizations",
        "DescribeOrganization",
        json!({ "Organization": { "Id": "o-example123", "MasterAccountId": account.id } }),
    );
    account
}

#[test]
fn every_control_passes_and_fails() {
    let (compliant, non_compliant) = (register("compliant"), register("non-compliant"));
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (account, register) in
        [(TestAccount::seeded(), &non_compliant), (opposite(), &compliant), (bare(), &compliant)]
    {
        let register = register.path().display().to_string();
        let report = json(
            &plumbline_as(
                &account,
                &[
                    "scan",
                    "--format",
                    "json",
                    "--region",
                    "us-east-1",
                    "--region",
                    "eu-west-1",
                    "--register",
                    &register,
                ],
            ),
            0,
        );
        for control in report["accounts"][0]["controls"].as_array().expect("controls") {
            let outcomes = control["evaluations"]
                .as_array()
                .expect("evaluations")
                .iter()
                .map(|evaluation| evaluation["compliance"].as_str().expect("a text"));
            seen.entry(control["id"].as_str().expect("an id").to_owned())
                .or_default()
                .extend(outcomes.map(str::to_owned));
        }
    }
    let mut missing = Vec::new();
    for control in CONTROLS {
        let expected: &[&str] = if control.slug.starts_with("alarm-") {
            &["NON_COMPLIANT"]
        } else {
            &["COMPLIANT", "NON_COMPLIANT"]
        };
        let never =
            expected.iter().filter(|outcome| !seen[control.id.as_str()].contains(**outcome));
        missing.extend(never.map(|outcome| format!("{} is never {outcome}", control.id)));
    }
    assert!(missing.is_empty(), "{missing:?}");
}
