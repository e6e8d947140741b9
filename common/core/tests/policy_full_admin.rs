//! Tables for 1.16: policies that allow everything, and policies that do not.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail so, in its helpers too")]

use plumbline_core::glob::SearchLimit;
use plumbline_core::policy::{FullAdmin, Policy, full_admin};
use serde_json::{Value, json};

fn ask(document: &Value) -> (bool, Value) {
    let policy = Policy::from_value(document).unwrap_or_else(|error| panic!("{document}: {error}"));
    let answer = full_admin(&policy, &SearchLimit::default());
    (answer.verdict == FullAdmin::Yes, serde_json::to_value(answer).expect("JSON"))
}

#[track_caller]
fn check(statement: Value, admin: bool) {
    let (answer, answer_json) = ask(&json!({"Version": "2012-10-17", "Statement": [statement]}));
    assert_eq!(answer, admin, "{statement}: {answer_json}");
}

const ADMINISTRATOR_ACCESS: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

const POWER_USER_ACCESS: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["account:GetAccountInformation", "account:ListRegions", "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles",
        "organizations:DescribeOrganization"], "Resource": "*"}]}"#;

#[test]
fn known_policies() {
    let (admin, answer_json) = ask(&serde_json::from_str(ADMINISTRATOR_ACCESS).expect("JSON"));
    assert!(admin);
    assert_eq!(
        answer_json,
        json!({"verdict": "yes", "statement": 1, "detail": "Statement 1 allows every action on \
            every resource."})
    );
    let encoded = percent_encoding::utf8_percent_encode(
        ADMINISTRATOR_ACCESS,
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    assert!(ask(&json!(encoded)).0);
    assert_eq!(
        full_admin(&Policy::parse(&encoded).expect("policy"), &SearchLimit::default()).verdict,
        FullAdmin::Yes
    );
    let (admin, answer_json) = ask(&serde_json::from_str(POWER_USER_ACCESS).expect("JSON"));
    assert!(!admin);
    let detail = "No statement allows every action on every resource. Statement 1 allows all \
        actions except iam:*, organizations:* and account:*.";
    assert_eq!(answer_json, json!({"verdict": "no", "statement": null, "detail": detail}));
}

#[test]
fn actions() {
    let by_letter: Vec<String> = ('a'..='z').map(|letter| format!("{letter}*")).collect();
    for action in [
        json!("*"),
        json!("*:*"),
        json!("**"),
        json!("*:**"),
        json!("?*"),
        json!("*?"),
        json!("*:?*"),
        json!(["*"]),
        json!(["s3:Get*", "*"]),
        json!(["ec2:*", "*:*"]),
        json!(by_letter),
    ] {
        check(json!({"Effect": "Allow", "Action": action, "Resource": "*"}), true);
        check(json!({"Effect": "Deny", "Action": action, "Resource": "*"}), false);
    }
    for action in [
        json!("ec2:*"),
        json!("s3:*"),
        json!("iam:*"),
        json!(["iam:*", "s3:*", "ec2:*", "sts:*", "kms:*"]),
        json!("*:Get*"),
        json!("*:Describe*"),
        json!("*Object"),
        json!("?:*"),
        json!("i*"),
        json!(":*"),
        json!(""),
        json!(by_letter[1..]),
    ] {
        check(json!({"Effect": "Allow", "Action": action, "Resource": "*"}), false);
    }
}

#[test]
fn resources() {
    for resource in [
        json!("*"),
        json!("**"),
        json!(["*"]),
        json!(["arn:aws:s3:::bucket", "*"]),
        json!("arn:*"),
        json!("arn:aws:*"),
        json!("arn:aws:*:*:*:*"),
        json!("arn:*:*:*:*:*"),
        json!("arn:aws-cn:*:*:*:*"),
        json!("arn:aws-us-gov:*"),
        json!("arn:aws*:*"),
        json!("arn:aws-*:*"),
        json!("arn:aws-??:*:*:*:*"),
        json!("?*"),
    ] {
        check(json!({"Effect": "Allow", "Action": "*", "Resource": resource}), true);
    }
    for resource in [
        json!("arn:aws:s3:::*"),
        json!("arn:aws:iam::111122223333:*"),
        json!("arn:aws:*:*:111122223333:*"),
        json!("arn:aws:*:us-east-1:*:*"),
        json!("arn:aws:*:*:*:role/*"),
        json!(["arn:aws:iam::*", "arn:aws:s3:::*", "arn:aws:ec2:*"]),
        json!("arn:aws:s3:::${aws:username}/*"),
    ] {
        check(json!({"Effect": "Allow", "Action": "*", "Resource": resource}), false);
    }
    check(json!({"Effect": "Allow", "Action": "*"}), true);
    check(json!({"Effect": "Allow", "Action": "s3:*"}), false);
}

#[test]
fn all_but() {
    for (not_action, admin) in [
        (json!("iam:*"), false),
        (json!("iam:CreateUser"), false),
        (json!(["IAM:CreateUser"]), false),
        (json!("*:CreateUser"), false),
        (json!("i*:*"), false),
        (json!("*"), false),
        (json!(["nosuchservice:*", "iam:PassRole"]), false),
        (json!("nosuchservice:*"), true),
        (json!(["nosuchservice:*", "another-one:Get*"]), true),
        (json!("iam:CreateUserX"), true),
        (json!(["s3:ReadObject", "iam:RemoveRole"]), true),
        (json!(["s3:ReadObject", "s3:GetObject"]), false),
        (json!("iam:Frobnicate*"), true),
        (json!("iam:CreateUse?"), false),
        (json!("*:GetObjectX"), true),
        (json!("rds-db:connect"), false),
        (json!("vpce:AllowMultiRegion"), false),
        (json!("a4b:*"), true),
        (json!(["honeycode:*", "worklink:*"]), true),
        (json!("opsworks:*"), true),
        (json!(["opsworks-cm:*", "qldb:*", "robomaker:*"]), true),
        (json!("iam"), true),
        (json!("iam:"), true),
        (json!(""), true),
    ] {
        check(json!({"Effect": "Allow", "NotAction": not_action, "Resource": "*"}), admin);
    }
    for (not_resource, admin) in [
        (json!("arn:aws:s3:::secret/*"), false),
        (json!("arn:aws:iam::*:role/admin"), false),
        (json!("*"), false),
        (json!("arn:aws:catalog:*:*:product/*"), false),
        (json!("arn:aws:nosuchservice:*:*:*"), true),
        (json!("arn:aws:s3:::${aws:PrincipalTag/team}"), true),
    ] {
        check(json!({"Effect": "Allow", "Action": "*", "NotResource": not_resource}), admin);
    }
}

#[test]
fn what_excludes_nothing_is_named() {
    let (_, answer) = ask(&json!({"Statement": {"Effect": "Allow", "Resource": "*",
        "NotAction": ["s3:ReadObject", "iam:RemoveRole"]}}));
    let detail = format!(
        "Statement 1 allows every action on every resource. 's3:readobject' \
         and 'iam:removerole' match no action (AWS Service Reference of {}).",
        plumbline_core::policy::actions_date()
    );
    assert_eq!(answer["detail"], detail);
}

#[test]
fn statements_share_the_work() {
    let allow = |actions: Value, resources: Value| json!({"Effect": "Allow", "Action": actions, "Resource": resources});
    let all_but =
        |actions: Value| json!({"Effect": "Allow", "NotAction": actions, "Resource": "*"});
    for (statements, statement) in [
        (vec![allow(json!("s3:*"), json!("*")), allow(json!("*"), json!("*"))], json!(2)),
        (vec![all_but(json!("iam:*")), allow(json!("iam:*"), json!("*"))], json!([1, 2])),
        (
            vec![
                allow(json!("*"), json!("arn:aws:s3:::*")),
                json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}),
            ],
            json!([1, 2]),
        ),
    ] {
        let (admin, answer_json) = ask(&json!({"Statement": statements}));
        assert!(admin, "{answer_json}");
        assert_eq!(answer_json["statement"], statement);
    }
    for statements in [
        vec![allow(json!("*"), json!("arn:aws:s3:::*")), allow(json!("s3:*"), json!("*"))],
        vec![all_but(json!("iam:*")), allow(json!("iam:Get*"), json!("*"))],
        vec![
            all_but(json!("iam:*")),
            allow(json!("iam:*"), json!("arn:aws:iam::111122223333:user/*")),
        ],
    ] {
        assert!(!ask(&json!({"Statement": statements})).0);
    }
}

#[test]
fn conditions_and_denials_do_not_excuse() {
    let conditional = json!({"Sid": "Mfa", "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
    let deny = json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"});
    let (admin, answer_json) = ask(&json!({"Statement": [deny, conditional]}));
    assert!(admin);
    let detail = "Statement 'Mfa' allows every action on every resource. A condition on \
        aws:MultiFactorAuthPresent does not change that.";
    assert_eq!(answer_json, json!({"verdict": "yes", "statement": "Mfa", "detail": detail}));
}

#[test]
fn ordinary_large_policies_are_decided_quickly() {
    let actions: Vec<String> =
        (0..300).map(|at| format!("service{at}:*Tag{at}*Resource?")).collect();
    let statements: Vec<Value> =
        (0..20).map(|_| json!({"Effect": "Allow", "Action": actions, "Resource": "*"})).collect();
    assert!(!ask(&json!({"Statement": statements})).0);
    let substrings: Vec<String> = [
        "Tag",
        "Role",
        "User",
        "Group",
        "Policy",
        "Key",
        "Certificate",
        "Device",
        "Profile",
        "Provider",
    ]
    .iter()
    .map(|word| format!("*:*{word}*"))
    .collect();
    assert!(
        !ask(&json!({"Statement": {"Effect": "Allow", "Action": substrings, "Resource": "*"}})).0
    );
    let services = [
        "iam",
        "s3",
        "ec2",
        "kms",
        "sts",
        "rds",
        "logs",
        "lambda",
        "sns",
        "sqs",
        "ecs",
        "eks",
        "athena",
        "glue",
        "config",
        "cloudtrail",
        "backup",
        "ssm",
    ];
    let kinds = [
        "Get*",
        "List*",
        "Describe*",
        "BatchGet*",
        "Search*",
        "Lookup*",
        "*Tag*",
        "View*",
        "GetResource?olicy",
        "Query*",
    ];
    let mut reading = Vec::new();
    for of in ["", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] {
        reading.extend(
            services
                .iter()
                .flat_map(|service| kinds.iter().map(move |kind| format!("{service}{of}:{kind}"))),
        );
    }
    let read = json!({"Effect": "Allow", "Action": reading, "Resource": "*"});
    assert!(!ask(&json!({"Statement": read})).0);
    assert!(
        !ask(&json!({"Statement": [read, {"Effect": "Allow", "NotAction": "iam:*",
        "Resource": "*"}]}))
        .0
    );
    let (admin, answer_json) = ask(
        &json!({"Statement": [read, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:?*", "Resource": "*"}]}),
    );
    assert!(admin);
    assert_eq!(answer_json["statement"], json!([2, 3]), "{answer_json}");
}
