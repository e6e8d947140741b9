//! Tables for 3.3: policies that allow public access, and policies that do not.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::policy::{Policy, Public, public};
use serde_json::{Value, json};

fn ask(document: &Value, literal: bool) -> (bool, Value) {
    let policy = Policy::from_value(document).unwrap_or_else(|error| panic!("{document}: {error}"));
    let answer = public(&policy, literal);
    (answer.verdict == Public::Public, serde_json::to_value(answer).expect("JSON"))
}

fn allow(principal: Value, condition: Value) -> Value {
    json!({"Sid": "Open", "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::trail/*", "Condition": condition})
}

#[track_caller]
fn condition(condition: Value, expected: bool) {
    let document = json!({"Statement": allow(json!("*"), condition.clone())});
    let (answer, answer_json) = ask(&document, false);
    assert_eq!(answer, expected, "{condition}: {answer_json}");
    assert!(ask(&document, true).0, "literally, conditions do not count: {condition}");
}

#[test]
fn principals() {
    for (principal, expected) in [
        (json!("*"), true),
        (json!({"AWS": "*"}), true),
        (json!({"AWS": ["*"]}), true),
        (json!({"AWS": ["arn:aws:iam::111122223333:root", "*"]}), true),
        (json!({"AWS": "arn:aws:iam::*:root"}), true),
        (json!({"AWS": "11112222333?"}), true),
        (json!({"Service": "*"}), true),
        (json!({"Federated": "*"}), true),
        (json!({"CanonicalUser": "*"}), true),
        (json!({"AWS": "arn:aws:iam::111122223333:root"}), false),
        (json!({"AWS": "111122223333"}), false),
        (
            json!({"AWS": ["arn:aws:iam::111122223333:role/a",
                "arn:aws:iam::444455556666:user/b"]}),
            false,
        ),
        (json!({"Service": "cloudtrail.amazonaws.com"}), false),
        (
            json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
            false,
        ),
    ] {
        let document = json!({"Statement": [allow(principal.clone(), json!({}))]});
        assert_eq!(ask(&document, false).0, expected, "{principal}");
        assert_eq!(ask(&document, true).0, expected, "{principal}");
    }
    let but = json!({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"},
        "Action": "s3:GetObject", "Resource": "*"});
    for literal in [false, true] {
        assert!(ask(&json!({"Statement": but}), literal).0);
        for all_but in [
            json!({"NotAction": "s3:DeleteBucket", "Resource": "*"}),
            json!({"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::trail/a"}),
        ] {
            let mut statement = json!({"Effect": "Allow", "Principal": "*"});
            statement
                .as_object_mut()
                .expect("an object")
                .extend(all_but.as_object().expect("an object").clone());
            assert!(ask(&json!({"Statement": statement}), literal).0, "{statement}");
        }
    }
    assert!(
        ask(&json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}), false).0,
        "no principal"
    );
    assert!(
        !ask(
            &json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "*"}}),
            false
        )
        .0
    );
    assert!(!ask(&json!({"Statement": []}), false).0);
}

#[test]
fn conditions_and_keys_narrow_together() {
    for (together, expected) in [
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:PrincipalTag/team": "a"}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"},
                "StringLike": {"aws:userid": "*"}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalTag/team": "a"},
                "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            false,
        ),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-*", "aws:userid": "AIDA*"}}), true),
        (
            json!({"StringEquals": {"aws:ResourceAccount": "111122223333"},
                "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
            true,
        ),
    ] {
        condition(together, expected);
    }
}

#[test]
fn each_statement_counts() {
    let narrowed = allow(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}));
    let open = allow(json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}}));
    assert!(
        !ask(
            &json!({"Statement": [narrowed, allow(json!({"AWS": "111122223333"}), json!({}))]}),
            false
        )
        .0
    );
    assert!(ask(&json!({"Statement": [narrowed, open]}), false).0);
}

#[test]
fn a_deny_does_not_excuse() {
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
    assert!(ask(&json!({"Statement": [deny, allow(json!("*"), json!({}))]}), false).0);
}

#[test]
fn fixed_values_narrow() {
    for (key, value) in [
        ("aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        ("aws:PrincipalAccount", "111122223333"),
        ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/reader"),
        ("aws:SourceArn", "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"),
        ("aws:SourceAccount", "111122223333"),
        ("aws:SourceOrgID", "o-a1b2c3d4e5"),
        ("aws:SourceVpc", "vpc-1a2b3c4d"),
        ("aws:SourceVpce", "vpce-1a2b3c4d"),
        ("aws:SourceOwner", "111122223333"),
        ("aws:userid", "AIDAEXAMPLEID"),
        ("s3:DataAccessPointArn", "arn:aws:s3:us-west-2:111122223333:accesspoint/reader"),
        ("s3:DataAccessPointAccount", "111122223333"),
    ] {
        for operator in [
            "StringEquals",
            "StringEqualsIgnoreCase",
            "StringLike",
            "ForAnyValue:StringEquals",
            "ForAnyValue:StringLike",
            "stringequals",
        ] {
            condition(json!({operator: {key: value}}), false);
            condition(json!({operator: {key: [value]}}), false);
            condition(json!({operator: {key.to_ascii_uppercase(): value}}), false);
            condition(
                json!({operator: {key: value}, "Bool": {"aws:SecureTransport": "true"}}),
                false,
            );
            condition(json!({operator: {key: [value, "x*"]}}), true);
            condition(json!({operator: {key: [value, "x?"]}}), true);
            condition(json!({operator: {key: "*"}}), true);
            condition(json!({operator: {key: "${aws:PrincipalAccount}"}}), true);
            condition(json!({operator: {key: ""}}), true);
            condition(json!({operator: {key: []}}), true);
        }
        for operator in [
            "StringEqualsIfExists",
            "StringLikeIfExists",
            "ForAllValues:StringEquals",
            "ForAllValues:StringLike",
            "ForAnyValue:StringEqualsIfExists",
            "StringNotEquals",
            "StringNotLike",
            "StringNotEqualsIgnoreCase",
            "ForAnyValue:StringNotEquals",
            "NumericEquals",
            "BinaryEquals",
            "Bool",
            "IpAddress",
        ] {
            condition(json!({operator: {key: value}}), true);
        }
        condition(json!({"Null": {key: "false"}}), true);
        let is_arn = key.ends_with("Arn");
        for operator in ["ArnEquals", "ArnLike"] {
            condition(json!({operator: {key: value}}), !is_arn);
        }
        for operator in ["ArnEqualsIfExists", "ArnNotLike", "ForAllValues:ArnLike"] {
            condition(json!({operator: {key: value}}), true);
        }
    }
    condition(json!({"StringEquals": {"aws:PrincipalAccount": 111122223333_u64}}), false);
    condition(json!({"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}), false);
    condition(json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}), true);
    condition(json!({"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}}), true);
}

#[test]
fn other_keys_do_not_narrow() {
    for (key, value) in [
        ("aws:ResourceAccount", "111122223333"),
        ("s3:ResourceAccount", "111122223333"),
        ("aws:ResourceOrgID", "o-a1b2c3d4e5"),
        ("aws:PrincipalType", "User"),
        ("aws:Referer", "https://example.com/"),
        ("aws:UserAgent", "secret"),
        ("aws:username", "alice"),
        ("aws:PrincipalTag/team", "a"),
        ("aws:PrincipalOrgPaths", "o-1/r-1/ou-1/"),
        ("s3:prefix", "home/"),
        (
            "s3:x-amz-server-side-encryption-aws-kms-key-id",
            "arn:aws:kms:us-east-1:111122223333:key/1",
        ),
        ("PrincipalAccount", "111122223333"),
    ] {
        condition(json!({"StringEquals": {key: value}}), true);
    }
    condition(json!({"Bool": {"aws:SecureTransport": "true"}}), true);
    condition(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), true);
    condition(json!({}), true);
}

#[test]
fn access_points_of_a_fixed_account() {
    for (value, open) in [
        ("arn:aws:s3:us-west-2:111122223333:accesspoint/*", false),
        ("arn:aws:s3:us-west-2:111122223333:accesspoint/team-?", false),
        ("arn:aws:s3:*:111122223333:accesspoint/*", true),
        ("arn:aws:s3:us-west-2:*:accesspoint/*", true),
        ("arn:aws:s3:us-west-2:11112222333?:accesspoint/*", true),
        ("arn:aws:s3:us-west-2:111122223333:*", true),
        ("arn:aws:s3:us-west-2:111122223333:accesspoint/${aws:username}", true),
        ("*", true),
    ] {
        for operator in ["StringLike", "ArnLike"] {
            condition(json!({operator: {"s3:DataAccessPointArn": value}}), open);
        }
    }
}

#[test]
fn addresses() {
    let eighths =
        |count: u32| (0..count).map(|first| format!("{first}.0.0.0/8")).collect::<Vec<_>>();
    for (value, open) in [
        (json!("192.0.2.0/24"), false),
        (json!("192.0.2.1"), false),
        (json!("192.0.2.1/32"), false),
        (json!("10.0.0.0/8"), false),
        (json!("11.0.0.0/8"), false),
        (json!("10.0.0.0/7"), true),
        (json!("0.0.0.0/0"), true),
        (json!("0.0.0.0/1"), true),
        (json!(["0.0.0.0/1", "128.0.0.0/1"]), true),
        (json!(["192.0.2.0/24", "0.0.0.0/0"]), true),
        (json!(["192.0.2.0/24", "198.51.100.0/24"]), false),
        (json!("192.0.2.7/24"), false),
        (json!("2001:db8::/32"), false),
        (json!("2001:db8::/33"), false),
        (json!("2001:db8::1"), false),
        (json!("2001:db8::/31"), true),
        (json!("::/0"), true),
        (json!(["192.0.2.0/24", "2001:db8::/32"]), false),
        (json!(["192.0.2.0/24", "::/0"]), true),
        (json!("::ffff:192.0.2.0/120"), false),
        (json!("::ffff:0:0/96"), true),
        (json!("::ffff:0.0.0.0/103"), true),
        (json!("::ffff:10.0.0.0/104"), false),
        (json!(eighths(127)), false),
        (json!(eighths(128)), true),
        (json!(eighths(256)), true),
        (json!("192.0.2.*"), true),
        (json!("192.0.2.0/33"), true),
        (json!("192.0.2"), true),
        (json!("${aws:PrincipalTag/ip}"), true),
        (json!(""), true),
        (json!([]), true),
    ] {
        condition(json!({"IpAddress": {"aws:SourceIp": value}}), open);
        condition(json!({"ForAnyValue:IpAddress": {"AWS:SOURCEIP": value}}), open);
        for operator in
            ["IpAddressIfExists", "ForAllValues:IpAddress", "NotIpAddress", "StringEquals"]
        {
            condition(json!({operator: {"aws:SourceIp": value}}), true);
        }
    }
    condition(json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}), true);
}

#[test]
fn the_reason_states_why() {
    for (document, expected) in [
        (
            json!({"Statement": allow(json!("*"), json!({}))}),
            json!({"verdict": "public", "statement": "Open", "detail": "Statement 'Open' allows \
                all principals."}),
        ),
        (
            json!({"Statement": allow(json!("*"),
                json!({"StringLike": {"aws:PrincipalOrgID": "o-*"},
                    "Bool": {"aws:SecureTransport": true}}))}),
            json!({"verdict": "public", "statement": "Open", "detail":
                "Statement 'Open' allows all principals; Bool aws:SecureTransport does not \
                 restrict the caller and StringLike aws:PrincipalOrgID has a value that is not \
                 fixed."}),
        ),
        (
            json!({"Statement": [allow(json!("*"), json!({})),
                allow(json!({"AWS": "*"}), json!({}))]}),
            json!({"verdict": "public", "statement": ["Open", "Open"], "detail": "Statement 'Open' \
                (and 1 more) allows all principals."}),
        ),
        (
            json!({"Statement": allow(json!("*"),
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))}),
            json!({"verdict": "not-public", "statement": "Open", "detail":
                "No statement grants public access. Statement 'Open' allows any principal, \
                 restricted by aws:PrincipalOrgID."}),
        ),
        (
            json!({"Statement": allow(json!({"AWS": "111122223333"}), json!({}))}),
            json!({"verdict": "not-public", "statement": null, "detail": "No statement grants \
                public access."}),
        ),
    ] {
        assert_eq!(ask(&document, false).1, expected);
    }
    let narrowed = json!({"Statement": allow(json!("*"),
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))});
    assert_eq!(
        ask(&narrowed, true).1["detail"],
        "Statement 'Open' allows all principals; its conditions are not considered."
    );
}
