//! The effect of a statement that is not understood: it never hides what the other statements
//! prove, and never leads to a pass that it may revoke.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail so, in its helpers too"
)]

use plumbline_core::glob::SearchLimit;
use plumbline_core::policy::{DenyHttp, FullAdmin, Policy, Public, deny_http, full_admin, public};
use serde_json::{Value, json};

fn policy(statements: &[&Value]) -> Policy {
    let document = json!({"Statement": statements});
    Policy::from_value(&document).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// Statements that are not understood, each with whether it may be an Allow and a Deny.
fn unknown() -> Vec<(Value, bool, bool)> {
    vec![
        (json!("x"), true, true),
        (json!(null), true, true),
        (json!({"Action": "s3:GetObject"}), true, true),
        (json!({"Effect": "allow", "Action": "s3:GetObject"}), true, true),
        (json!({"Effect": "Allow", "Action": "s3:GetObject", "Comment": "x"}), true, false),
        (json!({"Effect": "Allow", "Actions": "s3:GetObject"}), true, false),
        (json!({"Effect": "Allow", "Action": 1}), true, false),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}),
            true,
            false,
        ),
        (json!({"Effect": "Deny", "Action": "s3:*", "Resources": "*"}), false, true),
        (json!({"Effect": "Deny", "Action": "s3:*", "NotAction": "s3:*"}), false, true),
    ]
}

#[test]
fn everything_allowed_stays_so() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let reading = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
    for (statement, allow, _) in unknown() {
        let both = policy(&[&statement, &everything]);
        assert_eq!(
            full_admin(&both, &SearchLimit::default()).verdict,
            FullAdmin::Yes,
            "{statement}"
        );
        let expected = if allow { FullAdmin::Undetermined } else { FullAdmin::No };
        let answer = full_admin(&policy(&[&reading, &statement]), &SearchLimit::default());
        assert_eq!(answer.verdict, expected, "{statement}");
        if allow {
            assert!(answer.detail.starts_with("The policy is not understood: statement 2: "));
        }
    }
}

#[test]
fn conditions_and_principals_do_not_matter_for_everything() {
    for (action, expected) in [("*", FullAdmin::Yes), ("s3:*", FullAdmin::No)] {
        for (name, value) in [
            ("Condition", json!({"StringResembles": {"aws:x": "y"}})),
            ("Condition", json!({"StringResembles": []})),
            ("Condition", json!([])),
            ("Condition", json!({"Bool": {"aws:x": null}})),
            ("Condition", json!({"Bool": "x"})),
            ("Principal", json!({"aws": "*"})),
            ("Principal", json!("arn:aws:iam::111122223333:root")),
        ] {
            let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
            statement[name] = value;
            assert_eq!(
                full_admin(&policy(&[&statement]), &SearchLimit::default()).verdict,
                expected,
                "{statement}"
            );
        }
    }
}

#[test]
fn an_empty_list_matches_nothing() {
    let allow = |name: &str| {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let elements = statement.as_object_mut().expect("object");
        elements.remove(name.trim_start_matches("Not"));
        elements.insert(name.to_owned(), json!([]));
        full_admin(&policy(&[&statement]), &SearchLimit::default()).verdict
    };
    assert_eq!(allow("Action"), FullAdmin::No);
    assert_eq!(allow("Resource"), FullAdmin::No);
    // AWS may interpret it as nothing or as everything: an Allow counts if it may apply.
    assert_eq!(allow("NotAction"), FullAdmin::Yes);
    assert_eq!(allow("NotResource"), FullAdmin::Yes);
}

fn deny(changes: &[(&str, Value)]) -> Value {
    let mut statement = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    for (name, value) in changes {
        if let Some(positive) = name.strip_prefix("Not") {
            statement.as_object_mut().expect("object").remove(positive);
        }
        statement[name] = value.clone();
    }
    statement
}

fn denied(statements: &[&Value]) -> DenyHttp {
    deny_http(&policy(statements), "logs", "aws", true, &SearchLimit::default()).verdict
}

#[test]
fn a_denial_that_is_understood_holds() {
    let reading = deny(&[("Action", json!("s3:Get*"))]);
    for (statement, _, may_deny) in unknown() {
        assert_eq!(denied(&[&statement, &deny(&[])]), DenyHttp::Denied, "{statement}");
        let expected = if may_deny { DenyHttp::Undetermined } else { DenyHttp::NotDenied };
        assert_eq!(denied(&[&statement, &reading]), expected, "{statement}");
        assert_eq!(denied(&[&statement]), expected, "{statement}");
    }
}

#[test]
fn a_denial_in_doubt_decides_where_it_could_deny_the_rest() {
    let operator = json!({"Bool": {"aws:SecureTransport": "false"}, "Resembles": {"a": "b"}});
    let certain = deny(&[("Action", json!("s3:Get*"))]);
    for (name, value) in [
        ("Condition", operator.clone()),
        ("Condition", json!([])),
        ("Principal", json!({"aws": "*"})),
        ("Principal", json!(7)),
    ] {
        let statement = deny(&[(name, value.clone())]);
        assert_eq!(denied(&[&statement]), DenyHttp::Undetermined, "{statement}");
        let rest = deny(&[(name, value.clone()), ("NotAction", json!("s3:Get*"))]);
        assert_eq!(denied(&[&certain, &rest]), DenyHttp::Undetermined, "{rest}");
        let part = deny(&[(name, value), ("Action", json!("s3:Put*"))]);
        assert_eq!(denied(&[&part]), DenyHttp::NotDenied, "{part}");
        assert_eq!(denied(&[&certain, &part]), DenyHttp::NotDenied, "{part}");
    }
    // What is understood excludes it.
    for known in [
        deny(&[("Condition", json!({"Bool": {"aws:SecureTransport": "true"}, "Resembles": {}}))]),
        deny(&[("Condition", operator), ("Principal", json!({"AWS": "111122223333"}))]),
    ] {
        assert_eq!(denied(&[&known]), DenyHttp::NotDenied, "{known}");
    }
    let everyone = deny(&[("Principal", json!({"AWS": "*", "aws": "x"}))]);
    assert_eq!(denied(&[&everyone]), DenyHttp::Denied);
    for (name, value) in [
        ("NotAction", json!([])),
        ("NotResource", json!([])),
        ("Principal", json!({"AWS": []})),
        ("NotPrincipal", json!({"AWS": []})),
        ("Action", json!([])),
    ] {
        assert_eq!(denied(&[&deny(&[(name, value)])]), DenyHttp::NotDenied, "{name}");
    }
}

fn allow(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*",
        "Condition": condition})
}

#[test]
fn an_allow_for_all_principals_stays_so() {
    let open = allow(json!("*"), json!({}));
    let closed = allow(json!({"AWS": "111122223333"}), json!({}));
    for (statement, may_allow, _) in unknown() {
        for literal in [false, true] {
            let answer = public(&policy(&[&statement, &open]), literal).verdict;
            assert_eq!(answer, Public::Public, "{statement}");
            let expected = if may_allow { Public::Undetermined } else { Public::NotPublic };
            let answer = public(&policy(&[&statement, &closed]), literal).verdict;
            assert_eq!(answer, expected, "{statement}");
        }
    }
}

#[test]
fn an_allow_in_doubt_decides_where_nothing_narrows_it() {
    let unknown = json!({"Resembles": {"aws:x": "y"}});
    let narrowed = json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}, "Resembles": {"a": "b"}});
    let vpc = json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}});
    for (statement, expected, literally) in [
        (allow(json!("*"), unknown.clone()), Public::Undetermined, Public::Public),
        (allow(json!("*"), narrowed), Public::NotPublic, Public::Public),
        (allow(json!({"AWS": "111122223333"}), unknown), Public::NotPublic, Public::NotPublic),
        (allow(json!({"aws": "x"}), json!({})), Public::Undetermined, Public::Undetermined),
        (allow(json!({"aws": "x"}), vpc), Public::NotPublic, Public::Undetermined),
        (allow(json!({"aws": "x", "AWS": "*"}), json!({})), Public::Public, Public::Public),
        (allow(json!({"AWS": []}), json!({})), Public::NotPublic, Public::NotPublic),
    ] {
        assert_eq!(public(&policy(&[&statement]), false).verdict, expected, "{statement}");
        assert_eq!(public(&policy(&[&statement]), true).verdict, literally, "{statement}");
    }
}

#[test]
fn policies_of_a_principal_hold_together() {
    let parsed = |statement: &Value| policy(&[statement]);
    let most = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    let rest = json!({"Sid": "Rest", "Effect": "Allow", "Action": "iam:*", "Resource": "*"});
    let together = |policies: &[(&'static str, &Value)]| {
        let policies = policies.iter().map(|(name, statement)| (*name, parsed(statement)));
        full_admin(&Policy::together(policies), &SearchLimit::default())
    };
    let answer = together(&[("most", &most), ("rest", &rest)]);
    assert_eq!(answer.verdict, FullAdmin::Yes);
    assert_eq!(
        answer.detail,
        "Statements 1 of 'most' and 'Rest' of 'rest' together allow every action on every resource."
    );
    assert_eq!(
        answer.statements.iter().filter_map(|name| name.policy()).collect::<Vec<_>>(),
        ["most", "rest"]
    );
    assert_eq!(together(&[("most", &most)]).verdict, FullAdmin::No);
    let answer = together(&[("most", &most), ("odd", &json!({"Effect": "Allow"}))]);
    assert_eq!(answer.verdict, FullAdmin::Undetermined);
    assert!(answer.detail.contains("statement 1 of 'odd': Action is missing"), "{}", answer.detail);
}
