//! 3.3 and 3.6, live: buckets of trails that are public, closed, blocked, missing, foreign and
//! unreadable, and a trail that cannot be described beside them.

use std::collections::BTreeMap;

use plumbline_tests::environment::TestAccount;
use plumbline_tests::programs::{environment, isolated, program};
use serde_json::{Value, json};

const HOME: &str = "us-east-1";

/// An ACL in the form that S3 accepts, with one grant besides the owner's.
fn acl(group: &str, permission: &str) -> String {
    let owner = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a";
    let schema = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    format!(
        "<AccessControlPolicy \
         xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Owner><ID>{owner}</ID></Owner><AccessControlList>\
         <Grant><Grantee {schema} \
         xsi:type=\"CanonicalUser\"><ID>{owner}</ID></Grantee>\
         <Permission>FULL_CONTROL</Permission></Grant>\
         <Grant><Grantee {schema} \
         xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/{group}</URI></Grantee>\
         <Permission>{permission}</Permission></Grant>\
         </AccessControlList></AccessControlPolicy>"
    )
}

fn block(setting: &str) -> String {
    let settings =
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let settings: String =
        settings.iter().map(|name| format!("<{name}>{}</{name}>", *name == setting)).collect();
    format!("<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>")
}

fn policy(bucket: &str, condition: &Value) -> String {
    let resource = format!("arn:aws:s3:::{bucket}/*");
    let mut statement = json!({ "Sid": "Readers", "Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": resource });
    if *condition != json!({}) {
        statement["Condition"] = condition.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// An account whose trails each have their own bucket, with a short name.
struct Trails {
    account: TestAccount,
}

impl Trails {
    fn bucket(&self, word: &str) -> String {
        format!("{word}-{}", self.account.id)
    }

    /// Creates a trail with its bucket.
    fn add(&self, word: &str) {
        self.account.bucket(&self.bucket(word), HOME);
        let trail = json!({ "Name": word, "S3BucketName": self.bucket(word) });
        self.account.json(
            "cloudtrail",
            "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.CreateTrail",
            HOME,
            &trail,
        );
    }

    fn put(&self, word: &str, what: &str, body: &str) {
        self.account.s3("PUT", &format!("/{}?{what}", self.bucket(word)), HOME, body);
    }

    /// The results of a control for each bucket by its short name, and for each trail by its name.
    fn evaluations(&self, control: &str, parameters: &Value) -> BTreeMap<String, (String, String)> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), json!({ control: parameters }).to_string())
            .expect("parameters");
        let mut command = isolated(program("plumbline"));
        command.envs(environment(&self.account, HOME)).args([
            "scan",
            "--format",
            "json",
            "--region",
            HOME,
            "--control",
            control,
            "--parameters",
        ]);
        let output = command.arg(file.path()).output().expect("plumbline starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let evaluations = report["accounts"][0]["controls"][0]["evaluations"]
            .as_array()
            .expect("evaluations")
            .clone();
        evaluations
            .iter()
            .map(|evaluation| {
                let name =
                    text(&evaluation["resource_id"]).replace(&format!("-{}", self.account.id), "");
                let kind = if evaluation["resource_type"] == "AWS::CloudTrail::Trail" {
                    "trail "
                } else {
                    ""
                };
                (
                    format!("{kind}{name}"),
                    (text(&evaluation["compliance"]), text(&evaluation["reason"])),
                )
            })
            .collect()
    }
}

#[track_caller]
fn assert_reasons(found: &BTreeMap<String, (String, String)>, expected: &[(&str, &str, &str)]) {
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        expected.iter().map(|(name, ..)| *name).collect::<Vec<_>>()
    );
    for (name, compliance, reason) in expected {
        let (outcome, found_reason) = &found[*name];
        assert_eq!(outcome, compliance, "{name}: {found_reason}");
        assert!(
            found_reason.contains(reason),
            "{name}: expected \"{reason}\", got \"{found_reason}\""
        );
    }
}

/// A trail with a bucket in each situation.
fn trails() -> Trails {
    let trails = Trails { account: TestAccount::new() };
    for word in [
        "closed",
        "delivery",
        "enforced",
        "foreign",
        "ignored",
        "listed",
        "missing",
        "narrowed",
        "open",
        "restricted",
        "signed-in",
    ] {
        trails.add(word);
    }
    trails.put("delivery", "acl", &acl("s3/LogDelivery", "WRITE"));
    trails.put(
        "enforced",
        "ownershipControls",
        "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>\
         </OwnershipControls>",
    );
    trails.put("listed", "acl", &acl("global/AllUsers", "READ"));
    trails.put("signed-in", "acl", &acl("global/AuthenticatedUsers", "READ_ACP"));
    trails.put("ignored", "acl", &acl("global/AllUsers", "FULL_CONTROL"));
    trails.put("ignored", "publicAccessBlock", &block("IgnorePublicAcls"));
    for word in ["open", "restricted"] {
        trails.put(word, "policy", &policy(&trails.bucket(word), &json!({})));
    }
    trails.put("restricted", "publicAccessBlock", &block("RestrictPublicBuckets"));
    trails.put(
        "narrowed",
        "policy",
        &policy(
            &trails.bucket("narrowed"),
            &json!({ "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } }),
        ),
    );
    for word in ["foreign", "missing"] {
        trails.account.s3("DELETE", &format!("/{}", trails.bucket(word)), HOME, "");
    }
    TestAccount::new().bucket(&trails.bucket("foreign"), HOME);
    trails
}

#[test]
fn buckets_in_each_situation() {
    let trails = trails();
    let nothing = "The ACL grants no public access, and the bucket has no policy.";
    let mut expected = vec![
        ("closed", "COMPLIANT", nothing),
        ("delivery", "COMPLIANT", nothing),
        ("enforced", "COMPLIANT", nothing),
        ("foreign", "NOT_ASSESSED", "belongs to another account"),
        (
            "ignored",
            "COMPLIANT",
            "IgnorePublicAcls is enabled for the bucket, and the bucket has no policy.",
        ),
        ("listed", "NON_COMPLIANT", "The ACL grants READ to AllUsers."),
        ("missing", "NON_COMPLIANT", "does not exist"),
        ("narrowed", "COMPLIANT", "The ACL grants no public access, and the policy is not public."),
        (
            "open",
            "NON_COMPLIANT",
            "The policy is public: Statement 'Readers' allows all principals.",
        ),
        ("restricted", "COMPLIANT", "RestrictPublicBuckets is enabled for the bucket."),
        ("signed-in", "NON_COMPLIANT", "The ACL grants READ_ACP to AuthenticatedUsers."),
    ];
    assert_reasons(&trails.evaluations("3.3", &json!({})), &expected);

    // With `literal`, neither a limiting condition nor S3 Block Public Access changes the result.
    expected[7] = (
        "narrowed",
        "NON_COMPLIANT",
        "The policy, evaluated literally, is public: Statement 'Readers' allows all principals",
    );
    expected[9] = (
        "restricted",
        "NON_COMPLIANT",
        "The policy is public: Statement 'Readers' allows all principals",
    );
    assert_reasons(&trails.evaluations("3.3", &json!({ "literal": "true" })), &expected);
    expected[7] = ("narrowed", "COMPLIANT", "the policy is not public");
    expected[9] = ("restricted", "COMPLIANT", "RestrictPublicBuckets is enabled for the bucket.");

    // A trail that cannot be described is not assessed, and the buckets of the others are.
    trails.account.fault(
        "cloudtrail",
        "DescribeTrails",
        "denied",
        json!({ "match": "trail/closed" }),
    );
    expected.remove(0);
    expected.push(("trail closed", "NOT_ASSESSED", "access denied to cloudtrail:DescribeTrails"));
    assert_reasons(&trails.evaluations("3.3", &json!({})), &expected);
    let logging = trails.evaluations("3.6", &json!({}));
    assert_eq!(
        logging.keys().collect::<Vec<_>>(),
        trails.evaluations("3.3", &json!({})).keys().collect::<Vec<_>>()
    );
    assert_eq!(
        (
            logging["trail closed"].0.as_str(),
            logging["missing"].0.as_str(),
            logging["open"].0.as_str()
        ),
        ("NOT_ASSESSED", "NON_COMPLIANT", "NON_COMPLIANT")
    );
}

#[test]
fn what_cannot_be_read_counts_where_it_could_change_the_verdict() {
    let trails = Trails { account: TestAccount::new() };
    for word in ["blocked", "closed", "listed", "open"] {
        trails.add(word);
    }
    trails.put("listed", "acl", &acl("global/AllUsers", "READ"));
    trails.put("open", "policy", &policy(&trails.bucket("open"), &json!({})));
    trails.put("blocked", "policy", &policy(&trails.bucket("blocked"), &json!({})));
    trails.put("blocked", "acl", &acl("global/AllUsers", "READ"));
    trails.put("blocked", "publicAccessBlock", &block("RestrictPublicBuckets"));
    let acl_open = ("blocked", "NON_COMPLIANT", "The ACL grants READ to AllUsers.");
    let listed = ("listed", "NON_COMPLIANT", "The ACL grants READ to AllUsers.");
    let open = (
        "open",
        "NON_COMPLIANT",
        "The policy is public: Statement 'Readers' allows all principals.",
    );
    let (closed_by, denied) = ("The ACL grants no public access", "NOT_ASSESSED");
    for (service, operations, expected) in [
        (
            "s3",
            vec!["GetBucketPolicyStatus"],
            [acl_open, ("closed", "COMPLIANT", closed_by), listed, open],
        ),
        (
            "s3",
            vec!["GetBucketPolicy"],
            [
                acl_open,
                ("closed", "COMPLIANT", closed_by),
                listed,
                ("open", "NON_COMPLIANT", "AWS reports the policy as public"),
            ],
        ),
        (
            "s3",
            vec!["GetBucketPolicy", "GetBucketPolicyStatus"],
            [
                acl_open,
                ("closed", denied, "access denied to s3:GetBucketPolicyStatus"),
                listed,
                ("open", denied, "access denied to s3:GetBucketPolicyStatus"),
            ],
        ),
        (
            "s3",
            vec!["GetBucketAcl"],
            [
                ("blocked", denied, "access denied to s3:GetBucketAcl"),
                ("closed", denied, "access denied to s3:GetBucketAcl"),
                ("listed", denied, "access denied to s3:GetBucketAcl"),
                open,
            ],
        ),
        (
            "s3control",
            vec!["GetPublicAccessBlock"],
            [
                ("blocked", denied, "access denied to s3control:GetPublicAccessBlock"),
                ("closed", "COMPLIANT", closed_by),
                ("listed", denied, "access denied to s3control:GetPublicAccessBlock"),
                ("open", denied, "access denied to s3control:GetPublicAccessBlock"),
            ],
        ),
    ] {
        for operation in &operations {
            trails.account.fault(service, operation, "denied", json!({}));
        }
        assert_reasons(&trails.evaluations("3.3", &json!({})), &expected);
        trails.account.forget("faults");
    }
}
