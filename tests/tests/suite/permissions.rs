//! The calls of controls are the permissions that they declare.

use std::collections::BTreeSet;

use plumbline_core::control::Control;
use plumbline_rules::registry::CONTROLS;
use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::calls_of_a_scan;
use serde_json::{Value, json};

/// Operations that are called only where AWS denies another one.
const FALLBACKS: [(&str, &str, &str); 1] = [(
    "2.1.4",
    "macie2:GetAutomatedDiscoveryConfiguration",
    "macie2:ListAutomatedDiscoveryAccounts",
)];

/// The operation that is called only where everything else passes.
const OF_PASSES: &str = "cloudwatch:ListAlarmMuteRules";

#[test]
fn fallbacks_are_called_where_another_operation_is_denied() {
    let account = TestAccount::seeded();
    for (control, fallback, denied) in FALLBACKS {
        let (service, operation) = denied.split_once(':').expect("an operation");
        account.fault(service, operation, "denied", json!({}));
        let called = calls_of_a_scan(&account, control);
        account.forget("faults");
        assert!(called.iter().any(|call| call == fallback), "control {control}: {called:?}");
    }
}

/// In an account with all resources, the calls of a control are exactly its permissions, except for
/// fallbacks and for reads that only passes need.
#[test]
fn permissions_are_the_calls() {
    let account = TestAccount::seeded();
    let mut has_read_of_passes = false;
    for control in CONTROLS {
        let called: BTreeSet<String> =
            calls_of_a_scan(&account, control.id.as_str()).into_iter().collect();
        let is_fallback = |name: &str| {
            FALLBACKS.iter().any(|(id, of, _)| *id == control.id.as_str() && *of == name)
        };
        let declared: BTreeSet<String> = control
            .reads()
            .iter()
            .map(|read| read.name.to_owned())
            .filter(|name| !is_fallback(name))
            .filter(|name| name != OF_PASSES || called.contains(name))
            .collect();
        assert_eq!(called, declared, "control {}", control.id);
        has_read_of_passes |= called.contains(OF_PASSES);
    }
    assert!(has_read_of_passes, "no control called {OF_PASSES}");
}

/// `SecurityAudit` lacks exactly the actions that `docs/permissions.md` lists as missing.
#[test]
fn the_policy_for_auditors_allows_the_rest() {
    let arn = "arn:aws:iam::aws:policy/SecurityAudit";
    let account = TestAccount::new();
    let value = |xml: &str, tag: &str| {
        let (_, after) = xml.split_once(&format!("<{tag}>")).expect("the element");
        after.split_once('<').expect("its end").0.to_owned()
    };
    let version =
        value(&account.iam(&[("Action", "GetPolicy"), ("PolicyArn", arn)]), "DefaultVersionId");
    let document = value(
        &account.iam(&[
            ("Action", "GetPolicyVersion"),
            ("PolicyArn", arn),
            ("VersionId", &version),
        ]),
        "Document",
    );
    let document = percent_encoding::percent_decode_str(&document).decode_utf8().expect("a text");
    let document: Value = serde_json::from_str(&document).expect("a policy");
    let statements = document["Statement"].as_array().expect("statements").iter();
    let allowed: Vec<&str> = statements
        .flat_map(|statement| statement["Action"].as_array().expect("actions"))
        .filter_map(Value::as_str)
        .collect();
    let allows = |action: &str| {
        allowed.iter().any(|pattern| {
            plumbline_core::glob::matches(&pattern.to_lowercase(), &action.to_lowercase())
        })
    };
    let actions: BTreeSet<&str> =
        CONTROLS.into_iter().flat_map(Control::reads).map(|read| read.action).collect();
    let lacking: Vec<&str> = actions.into_iter().filter(|action| !allows(action)).collect();
    let page = std::fs::read_to_string(plumbline_tests::package().join("../docs/permissions.md"))
        .expect("the page");
    let documented: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`')).collect();
    assert_eq!(lacking, documented);
}
