//! Tables for 2.1.2: policies that deny plain HTTP to the bucket `logs`, and policies that do not.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::glob::SearchLimit;
use plumbline_core::policy::{DenyHttp, Policy, deny_http};
use serde_json::{Value, json};

const OBJECTS: &str = "arn:aws:s3:::logs/*";
const BUCKET: &str = "arn:aws:s3:::logs";

fn ask(document: &Value, require_bucket_arn: bool) -> (bool, Value) {
    let policy = Policy::from_value(document).unwrap_or_else(|error| panic!("{document}: {error}"));
    let answer = deny_http(&policy, "logs", "aws", require_bucket_arn, &SearchLimit::default());
    (answer.verdict == DenyHttp::Denied, serde_json::to_value(answer).expect("JSON"))
}

/// The usual statement, with some elements replaced or, if null, omitted.
fn statement(changes: Value) -> Value {
    let mut statement = json!({
        "Sid": "DenyHttp", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": OBJECTS, "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    let elements = statement.as_object_mut().expect("object");
    for (name, value) in changes.as_object().expect("object") {
        if value.is_null() {
            elements.remove(name);
        } else {
            elements.insert(name.clone(), value.clone());
        }
    }
    statement
}

fn policy(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[track_caller]
fn check(changes: Value, denied: bool) {
    let (answer, answer_json) = ask(&policy(vec![statement(changes.clone())]), false);
    assert_eq!(answer, denied, "{changes}: {answer_json}");
}

#[test]
fn the_usual_statement_denies() {
    check(json!({}), true);
    let (denied, answer_json) = ask(&json!({"Statement": statement(json!({}))}), false);
    assert!(denied);
    assert_eq!(
        answer_json,
        json!({"verdict": "denied", "statement": "DenyHttp", "detail": "Statement 'DenyHttp' \
            denies plain HTTP to all principals, for every action on every object of the bucket."})
    );
}

#[test]
fn conditions() {
    for condition in [
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"Bool": {"aws:SecureTransport": false}}),
        json!({"Bool": {"aws:SecureTransport": ["false"]}}),
        json!({"Bool": {"aws:SecureTransport": [false]}}),
        json!({"Bool": {"aws:SecureTransport": "False"}}),
        json!({"Bool": {"aws:securetransport": "false"}}),
        json!({"Bool": {"AWS:SECURETRANSPORT": "false"}}),
        json!({"bool": {"aws:SecureTransport": "false"}}),
        json!({"BoolIfExists": {"aws:SecureTransport": "false"}}),
        json!({"BoolIfExists": {"aws:SecureTransport": false}}),
        json!({"Bool": {"aws:SecureTransport": ["true", "false"]}}),
        json!({"StringEquals": {"aws:SecureTransport": "false"}}),
        json!({"StringEquals": {"aws:SecureTransport": false}}),
        json!({"StringEqualsIfExists": {"aws:SecureTransport": ["false"]}}),
        json!({"StringEqualsIgnoreCase": {"aws:SecureTransport": "FALSE"}}),
        json!({"StringLike": {"aws:SecureTransport": "false"}}),
        json!({"StringLike": {"aws:SecureTransport": "f*"}}),
        json!({"StringNotEquals": {"aws:SecureTransport": "true"}}),
        json!({"StringNotLike": {"aws:SecureTransport": ["true"]}}),
        json!({"StringNotEqualsIgnoreCase": {"aws:SecureTransport": "TRUE"}}),
        json!({"Null": {"aws:SecureTransport": "false"}}),
        json!({"Null": {"aws:SecureTransport": false}}),
        json!({"ForAllValues:Bool": {"aws:SecureTransport": "false"}}),
        json!({"ForAnyValue:StringEquals": {"aws:SecureTransport": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "StringEquals": {"aws:SecureTransport": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}, "Null": {"s3:TlsVersion": "true"}}),
        json!({"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}),
        json!({"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}}),
        json!({"NumericNotEquals": {"s3:TlsVersion": 1.3}}),
        json!({"Null": {"s3:TlsVersion": "true"}}),
        json!({"ForAllValues:NumericLessThan": {"s3:TlsVersion": 1.2}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "Null": {"aws:SourceVpc": ["true", "false"]}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "StringLikeIfExists": {"aws:userid": "*"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {}}),
        json!({}),
    ] {
        check(json!({"Condition": condition}), true);
    }
    for condition in [
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"Bool": {"aws:SecureTransport": true}}),
        json!({"BoolIfExists": {"aws:SecureTransport": "true"}}),
        json!({"Bool": {"aws:SecureTransport": []}}),
        json!({"Bool": {"aws:SecureTransport": "no"}}),
        json!({"Bool": {"aws:SecureTransport": "${aws:PrincipalTag/x}"}}),
        json!({"StringEquals": {"aws:SecureTransport": "False"}}),
        json!({"StringEquals": {"aws:SecureTransport": "f*"}}),
        json!({"StringLike": {"aws:SecureTransport": "t*"}}),
        json!({"StringNotEquals": {"aws:SecureTransport": "false"}}),
        json!({"StringNotEquals": {"aws:SecureTransport": ["true", "false"]}}),
        json!({"StringNotEquals": {"aws:SecureTransport": []}}),
        json!({"Null": {"aws:SecureTransport": "true"}}),
        json!({"NumericEquals": {"aws:SecureTransport": "0"}}),
        json!({"NumericNotEquals": {"aws:SecureTransport": "1"}}),
        json!({"Bool": {"SecureTransport": "false"}}),
        json!({"Bool": {"s3:SecureTransport": "false"}}),
        json!({"Bool": {"aws:SecureTransport ": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "BoolIfExists": {"aws:SecureTransport": "true"}}),
        json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        json!({"NumericLessThan": {"s3:TlsVersion": 1.2}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "NumericLessThan": {"s3:TlsVersion": 1.2}}),
        json!({"ForAnyValue:NumericNotEquals": {"s3:TlsVersion": 1.3}}),
        json!({"Null": {"s3:TlsVersion": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "StringNotEqualsIfExists": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}),
        json!({"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}, "Null": {"aws:SourceVpc": "true"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}, "StringLike": {"aws:userid": "*"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        json!({"Bool": {"aws:SecureTransport": "false"},
            "StringEquals": {"s3:ResourceAccount": "111122223333"}}),
    ] {
        check(json!({"Condition": condition}), false);
    }
    check(json!({"Condition": null}), true);
}

#[test]
fn actions() {
    let by_letter: Vec<String> = ('a'..='z').map(|letter| format!("s3:{letter}*")).collect();
    for action in [
        json!("s3:*"),
        json!("S3:*"),
        json!("*"),
        json!("*:*"),
        json!("**"),
        json!("s3:**"),
        json!("s3:?*"),
        json!("s*"),
        json!("s?:*"),
        json!(["s3:*"]),
        json!(["s3:GetObject", "s3:*"]),
        json!(["ec2:*", "S3:*"]),
        json!(by_letter),
        json!(["s3:?", "s3:??*"]),
    ] {
        check(json!({"Action": action}), true);
    }
    for action in [
        json!("s3:Get*"),
        json!("s3:GetObject"),
        json!("s3:PutObject"),
        json!(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]),
        json!(["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"]),
        json!("s3:*Object*"),
        json!("s3:??*"),
        json!("ec2:*"),
        json!("s3"),
        json!(""),
        json!(" s3:*"),
        json!("s3-object-lambda:*"),
        json!(by_letter[1..]),
    ] {
        check(json!({"Action": action}), false);
    }
    for (not_action, denied) in [
        (json!("s3:GetObject"), false),
        (json!("s3:*"), false),
        (json!("*"), false),
        (json!(["ec2:*", "s3:PutObject"]), false),
        (json!("ec2:*"), true),
        (json!(["iam:*", "s3-outposts:*"]), true),
        (json!("s3:"), true),
        // Names of actions on buckets, and names that are not actions, exclude no object.
        (json!("s3:ListBucket"), true),
        (json!(["s3:GetBucket*", "s3:PutEncryptionConfiguration"]), true),
        (json!("s3:GetObjekt"), true),
        (json!(["s3:GetObjekt", "s3:GetObject"]), false),
        (json!("s3:List*"), false),
        (json!("s3:ObjectOwnerOverrideToBucketOwner"), false),
    ] {
        check(json!({"Action": null, "NotAction": not_action}), denied);
    }
}

#[test]
fn actions_on_buckets_count_with_the_bucket() {
    let deny = |not_action: Value| {
        let changes =
            json!({"Action": null, "NotAction": not_action, "Resource": [OBJECTS, BUCKET]});
        ask(&policy(vec![statement(changes)]), true)
    };
    let (denied, answer) = deny(json!("s3:ListBucket"));
    assert!(!denied, "{answer}");
    assert!(answer["detail"].as_str().expect("a text").ends_with("but not for s3:ListBucket."));
    let (denied, answer) = deny(json!("s3:GetObjekt"));
    assert!(denied && answer["detail"].as_str().expect("a text").contains("matches no action"));
    let changes = json!({"Action": null, "NotAction": ["s3:ListBucket", "s3:PutObjectTagging"]});
    let (_, answer) = ask(&policy(vec![statement(changes)]), false);
    assert!(
        answer["detail"].as_str().expect("a text").ends_with("but not for s3:putobjecttagging.")
    );
}

#[test]
fn resources() {
    for resource in [
        json!("arn:aws:s3:::logs/*"),
        json!("arn:aws:s3:::logs*"),
        json!("*"),
        json!("**"),
        json!("arn:aws:s3:::*"),
        json!("arn:*:s3:::logs/*"),
        json!("arn:aws*:s3:::logs/*"),
        json!("arn:aws:s3:::lo?s/*"),
        json!("arn:aws:s3:::l*"),
        json!("arn:aws:s3:::*/*"),
        json!("arn:aws:s3:*:*:logs/*"),
        json!("arn:aws:s3:::logs/?*"),
        json!("arn:aws:s3:::logs/**"),
        json!([BUCKET, OBJECTS]),
        json!(["arn:aws:s3:::other/*", OBJECTS]),
        json!(["arn:aws:s3:::logs/?", "arn:aws:s3:::logs/??*"]),
    ] {
        check(json!({"Resource": resource}), true);
    }
    for resource in [
        json!("arn:aws:s3:::other/*"),
        json!("arn:aws:s3:::logs"),
        json!("arn:aws:s3:::logs/"),
        json!("arn:aws:s3:::logs/public/*"),
        json!("arn:aws:s3:::logs/*.txt"),
        json!("arn:aws:s3:::logs/??*"),
        json!("arn:aws:s3:::logs-old/*"),
        json!("arn:aws:s3:::logs-*"),
        json!("arn:aws:s3:::LOGS/*"),
        json!("arn:aws-cn:s3:::logs/*"),
        json!("arn:aws:s3:us-east-1:111122223333:logs/*"),
        json!("arn:aws:s3:::logs/${aws:username}/*"),
        json!("arn:aws:s3:::${aws:PrincipalTag/bucket}/*"),
        json!("arn:aws:s3:::logs/${*}"),
        json!("logs/*"),
        json!(["arn:aws:s3:::logs/a*", "arn:aws:s3:::logs/b*"]),
    ] {
        check(json!({"Resource": resource}), false);
    }
    check(json!({"Resource": null}), false);
    for (not_resource, denied) in [
        (json!("arn:aws:s3:::other/*"), true),
        (json!(["arn:aws:s3:::other", "arn:aws:s3:::logs-old/*"]), true),
        (json!(BUCKET), true),
        (json!("arn:aws:s3:::logs/public/*"), false),
        (json!(OBJECTS), false),
        (json!("*"), false),
        (json!("arn:aws:s3:::l*"), false),
        (json!("arn:aws:s3:::*/public"), false),
        (json!("arn:aws:s3:::${aws:PrincipalTag/bucket}/*"), false),
        (json!("arn:aws:s3:::other/${aws:username}"), true),
        (json!("arn:aws:s3:::other/${aws:username"), true),
    ] {
        check(json!({"Resource": null, "NotResource": not_resource}), denied);
    }
}

#[test]
fn principals() {
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["*"]}),
        json!({"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
        json!({"Service": "x", "AWS": "*"}),
    ] {
        check(json!({"Principal": principal}), true);
    }
    for principal in [
        json!({"AWS": "arn:aws:iam::111122223333:root"}),
        json!({"AWS": "111122223333"}),
        json!({"AWS": ["arn:aws:iam::111122223333:role/*"]}),
        json!({"AWS": "arn:aws:iam::*:root"}),
        json!({"Service": "cloudtrail.amazonaws.com"}),
        json!({"Service": "*"}),
        json!({"CanonicalUser": "*"}),
        json!({"Federated": "*"}),
    ] {
        check(json!({"Principal": principal}), false);
    }
    check(json!({"Principal": null}), false);
    check(
        json!({"Principal": null, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/admin"}}),
        false,
    );
    check(json!({"Principal": null, "NotPrincipal": "*"}), false);
}

#[test]
fn only_a_deny_denies() {
    check(json!({"Effect": "Allow"}), false);
    check(
        json!({"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        false,
    );
    assert!(!ask(&policy(vec![]), false).0);
}

#[test]
fn statements_share_the_work() {
    let name = |sid: &str, changes: Value| {
        let mut changes = changes;
        changes["Sid"] = json!(sid);
        statement(changes)
    };
    for (what, statements, require_bucket_arn, statement) in [
        (
            "bucket and objects",
            vec![name("A", json!({"Resource": BUCKET})), name("B", json!({}))],
            true,
            json!(["A", "B"]),
        ),
        (
            "the bucket does not matter",
            vec![name("A", json!({"Resource": BUCKET})), name("B", json!({}))],
            false,
            json!("B"),
        ),
        (
            "two keys",
            vec![
                name("A", json!({"Resource": BUCKET})),
                name("B", json!({"Resource": [OBJECTS, BUCKET]})),
            ],
            true,
            json!("B"),
        ),
        (
            "reading and the rest",
            vec![
                name("A", json!({"Action": "s3:Get*"})),
                name("B", json!({"Action": null, "NotAction": "s3:Get*"})),
            ],
            false,
            json!(["A", "B"]),
        ),
        (
            "a prefix and the rest",
            vec![
                name("A", json!({"Resource": "arn:aws:s3:::logs/a/*"})),
                name("B", json!({"Resource": null, "NotResource": "arn:aws:s3:::logs/a/*"})),
            ],
            true,
            json!(["A", "B"]),
        ),
        (
            "a quarter each",
            vec![
                name("A", json!({"Action": "s3:Get*", "Resource": "arn:aws:s3:::logs/a*"})),
                name(
                    "B",
                    json!({"Action": "s3:Get*", "Resource": null,
                        "NotResource": "arn:aws:s3:::logs/a*"}),
                ),
                name(
                    "C",
                    json!({"Action": null, "NotAction": "s3:Get*",
                        "Resource": "arn:aws:s3:::logs/a*"}),
                ),
                name(
                    "D",
                    json!({"Action": null, "NotAction": "s3:Get*", "Resource": null,
                        "NotResource": "arn:aws:s3:::logs/a*"}),
                ),
            ],
            true,
            json!(["A", "B", "C", "D"]),
        ),
        (
            "different conditions that hold",
            vec![
                name(
                    "A",
                    json!({"Resource": BUCKET,
                        "Condition": {"StringNotEquals": {"aws:SecureTransport": "true"}}}),
                ),
                name("B", json!({})),
            ],
            true,
            json!(["A", "B"]),
        ),
        (
            "others do not disturb",
            vec![
                json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                    "Resource": OBJECTS}),
                name(
                    "Ip",
                    json!({"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}),
                ),
                name("B", json!({})),
            ],
            false,
            json!("B"),
        ),
    ] {
        let (denied, answer_json) = ask(&policy(statements), require_bucket_arn);
        assert!(denied, "{what}: {answer_json}");
        assert_eq!(answer_json["statement"], statement, "{what}");
    }
    for (what, statements, require_bucket_arn) in [
        ("no bucket", vec![name("A", json!({}))], true),
        ("no objects", vec![name("A", json!({"Resource": BUCKET}))], true),
        (
            "other objects",
            vec![
                name("A", json!({"Resource": "arn:aws:s3:::logs/a/*"})),
                name("B", json!({"Resource": "arn:aws:s3:::logs/b/*"})),
            ],
            false,
        ),
        (
            "some actions on each",
            vec![
                name("A", json!({"Resource": BUCKET})),
                name("B", json!({"Action": "s3:GetObject"})),
            ],
            true,
        ),
        (
            "the wrong quarters",
            vec![
                name("A", json!({"Action": "s3:Get*", "Resource": "arn:aws:s3:::logs/a*"})),
                name(
                    "B",
                    json!({"Action": null, "NotAction": "s3:Get*", "Resource": null,
                        "NotResource": "arn:aws:s3:::logs/a*"}),
                ),
            ],
            false,
        ),
        (
            "one principal and the others",
            vec![
                name("A", json!({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}})),
                name(
                    "B",
                    json!({"Principal": null,
                        "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}}),
                ),
            ],
            false,
        ),
        (
            "a condition and its opposite",
            vec![
                name(
                    "A",
                    json!({"Condition": {"Bool": {"aws:SecureTransport": "false"},
                        "StringEquals": {"aws:SourceVpc": "vpc-1"}}}),
                ),
                name(
                    "B",
                    json!({"Condition": {"Bool": {"aws:SecureTransport": "false"},
                        "StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}),
                ),
            ],
            false,
        ),
    ] {
        let (denied, answer_json) = ask(&policy(statements), require_bucket_arn);
        assert!(!denied, "{what}: {answer_json}");
    }
}

#[test]
fn the_bucket_itself() {
    for (resource, denied) in [
        (json!([BUCKET, OBJECTS]), true),
        (json!("arn:aws:s3:::logs*"), true),
        (json!("*"), true),
        (json!(OBJECTS), false),
        (json!("arn:aws:s3:::logs/"), false),
    ] {
        assert_eq!(
            ask(&policy(vec![statement(json!({"Resource": resource}))]), true).0,
            denied,
            "{resource}"
        );
    }
}

#[test]
fn partitions_and_odd_names() {
    let policy =
        Policy::from_value(&policy(vec![statement(json!({"Resource": "arn:aws-cn:s3:::logs/*"}))]))
            .expect("policy");
    assert_eq!(
        deny_http(&policy, "logs", "aws-cn", false, &SearchLimit::default()).verdict,
        DenyHttp::Denied
    );
    assert_eq!(
        deny_http(&policy, "logs", "aws", false, &SearchLimit::default()).verdict,
        DenyHttp::NotDenied
    );
    for odd in ["*", "?", "lo*", "log?", "", "${x}", "ä"] {
        assert_eq!(
            deny_http(&policy, odd, "aws-cn", false, &SearchLimit::default()).verdict,
            DenyHttp::NotDenied,
            "{odd}"
        );
    }
}

#[test]
fn the_reason_names_what_is_not_denied() {
    let four = vec!["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"];
    for (statements, answer_json, named) in [
        (vec![], "No statement denies plain HTTP.", json!(null)),
        (
            vec![statement(json!({"Effect": "Allow", "Sid": "",
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}}}))],
            "No statement denies plain HTTP. Statement 1 is an Allow statement: its condition does \
             not restrict access that other statements allow.",
            json!(1),
        ),
        (
            vec![statement(json!({"Action": "s3:GetObject"}))],
            "Statement 'DenyHttp' denies plain HTTP, but not for s3:PutObject.",
            json!("DenyHttp"),
        ),
        (
            vec![statement(json!({"Action": four}))],
            "Statement 'DenyHttp' denies plain HTTP, but not for s3:AbortMultipartUpload.",
            json!("DenyHttp"),
        ),
        (
            vec![statement(json!({"Resource": "arn:aws:s3:::logs/a/*"}))],
            "Statement 'DenyHttp' denies plain HTTP, but not on the object 'x'.",
            json!("DenyHttp"),
        ),
        (
            vec![statement(json!({"Principal": {"AWS": "111122223333"}}))],
            "No statement denies plain HTTP to all principals. Statement 'DenyHttp' applies to \
             some principals only.",
            json!("DenyHttp"),
        ),
        (
            vec![statement(json!({"Principal": null, "NotPrincipal": {"AWS": "111122223333"}}))],
            "No statement denies plain HTTP to all principals. Statement 'DenyHttp' excludes the \
             principals in its NotPrincipal.",
            json!("DenyHttp"),
        ),
        (
            vec![statement(
                json!({"Sid": null, "Condition": {"Bool": {"aws:SecureTransport": true}}}),
            )],
            "No statement denies plain HTTP to all principals. Statement 1 does not apply to plain \
             HTTP: its condition is Bool aws:SecureTransport 'true'.",
            json!(1),
        ),
        (
            vec![statement(json!({"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}}))],
            "No statement denies plain HTTP to all principals. Statement 'DenyHttp' requires a TLS \
             version (NumericLessThan s3:TlsVersion '1.2'), and plain HTTP has none.",
            json!("DenyHttp"),
        ),
        (
            vec![statement(json!({"Condition": {"Bool": {"aws:SecureTransport": "false"},
                    "StringNotEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}}))],
            "No statement denies plain HTTP to all principals. Statement 'DenyHttp' has a \
             condition that may be false: StringNotEquals aws:SourceVpce 'vpce-1' and 'vpce-2'.",
            json!("DenyHttp"),
        ),
    ] {
        let (denied, answer) = ask(&policy(statements), false);
        assert!(!denied);
        assert_eq!((&answer["detail"], &answer["statement"]), (&json!(answer_json), &named));
    }
    let both = policy(vec![
        statement(json!({"Sid": "A", "Resource": BUCKET})),
        statement(json!({"Sid": "B", "Action": "s3:GetObject"})),
    ]);
    assert_eq!(
        ask(&both, true).1["detail"],
        "Statements 'A' and 'B' deny plain HTTP, but not for s3:PutObject on the object 'x'."
    );
    assert_eq!(
        ask(&policy(vec![statement(json!({}))]), true).1["detail"],
        "Statement 'DenyHttp' denies plain HTTP, but not on the bucket itself."
    );
}

#[test]
fn reasons_are_short() {
    let long = "x".repeat(5000);
    for changes in [
        json!({"Sid": long}),
        json!({"Sid": long, "Condition": {"StringEquals": {"aws:SecureTransport": long}}}),
        json!({"Resource": format!("{OBJECTS}{long}")}),
    ] {
        let (_, answer_json) = ask(&policy(vec![statement(changes)]), false);
        assert!(answer_json["detail"].as_str().expect("text").chars().count() <= 256);
    }
}

/// Statements that each cover some actions on some objects, so that every set of them has its own
/// objects: 65,536 sets, with searches for each. Another Deny never allows a request, however
/// complex it makes the decision.
#[test]
fn what_one_statement_denies_stays_denied() {
    let resources: Vec<String> =
        (0..11).map(|number| format!("arn:aws:s3:::logs/*/word-{number}/*")).collect();
    let further = json!({"Sid": "Keep", "Effect": "Deny", "Principal": "*",
        "Action": "s3:DeleteObject*", "Resource": resources});
    for statements in
        [vec![further.clone(), statement(json!({}))], vec![statement(json!({})), further]]
    {
        let (denied, answer_json) = ask(&policy(statements), false);
        assert!(denied && answer_json["statement"] == "DenyHttp", "{answer_json}");
    }
}

#[test]
fn too_much_shared_work_is_given_up() {
    let part = |letter| {
        statement(
            json!({"Action": format!("s3:*{letter}*"), "Resource": format!("{BUCKET}/*{letter}*")}),
        )
    };
    let rest = [
        statement(json!({"Action": null, "NotAction": "s3:Put*", "Resource": "*"})),
        statement(
            json!({"Action": "s3:Put*", "Resource": null, "NotResource": format!("{BUCKET}/a*")}),
        ),
        statement(json!({"Resource": format!("{BUCKET}/a*")})),
    ];
    let (denied, answer_json) = ask(&policy(('a'..='p').map(part).chain(rest).collect()), false);
    assert!(!denied, "{answer_json}");
    assert!(
        answer_json["detail"].as_str().expect("text").contains("too many wildcards to decide"),
        "{answer_json}"
    );
}

#[test]
fn a_statement_about_another_bucket_is_named() {
    let of = |resources: Value| {
        let (denied, answer) = ask(&policy(vec![statement(json!({"Resource": resources}))]), false);
        assert!(!denied);
        answer["detail"].as_str().expect("a text").to_owned()
    };
    assert_eq!(
        of(json!(["arn:aws:s3:::example-logs", "arn:aws:s3:::example-logs/*"])),
        "Statement 'DenyHttp' denies plain HTTP on another bucket only: 'example-logs'."
    );
    for resources in [
        json!(["arn:aws:s3:::other/*", "arn:aws:s3:::logs"]),
        json!("arn:aws:s3:::log?/x"),
        json!("arn:aws-cn:s3:::logs/*"),
        json!("arn:aws:s3:::logs/public/*"),
    ] {
        assert!(of(resources.clone()).contains("but not"), "{resources}");
    }
}
