//! 2.1.2: bucket policies that deny plain HTTP.

use plumbline_core::facts::{Bucket, BucketPolicy, Buckets};
use plumbline_core::fix::{FixCommand, Terraform};
use plumbline_core::policy::{DenyHttp, Policy, deny_http};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::out_of_reach;
use crate::shared::policies::not_understood;
use crate::shared::shell::{ADD_BUCKET_STATEMENT, PRINTED};

plumbline_core::control! {
    /// S3 bucket policies deny requests that do not use TLS
    ///
    /// ## Why
    /// Amazon S3 also answers unencrypted requests on port 80. An attacker on the network path can
    /// read and change the data that a misconfigured client sends or receives there.
    ///
    /// ## Decision
    /// For each bucket of the Region, the bucket policy denies every S3 action on every object to
    /// all principals when the request does not use TLS. The control evaluates the meaning of the
    /// policy: wildcards and lists, names and keys in any case, and several statements in
    /// combination. A Deny statement does not count where it exempts a principal, an action or an
    /// object, or where it has another condition. A `NotAction` with actions on buckets, or with
    /// names that are not actions, exempts no object. With `requireBucketArn`, the policy must also
    /// deny plain HTTP for the bucket itself, for example for list requests. A statement that is
    /// not understood leaves the bucket not assessed. It has no effect if the other statements deny
    /// all of these requests, or cannot deny all of them even with this statement.
    ///
    /// ## Remediation
    /// Add a Deny statement for all requests with `aws:SecureTransport` = `false` and all
    /// principals to the bucket policy, and keep the existing statements.
    ///
    /// ```json
    /// {"Sid": "DenyPlainHttp", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::NAME", "arn:aws:s3:::NAME/*"],
    ///  "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    /// ```
    pub(crate) struct BucketDenyHttp: ResourceControl;
    id: ControlId::new("2.1.2"),
    slug: "bucket-deny-http",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.10"],
    safeguards_v7: &["14.4"],
    since: "0.1.0",
    facts: &[FactKind::Buckets, FactKind::EnabledRegions, FactKind::BucketPolicy],
    fix: fix,
}

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether the policy must deny plain HTTP also for the bucket itself, for example for list
        /// requests, and not only for its objects.
        require_bucket_arn: bool = ("requireBucketArn", "false", False),
    }
}

/// The script adds the statement that denies plain HTTP at run time: the report does not have the
/// policy, and the policy may have changed since.
fn fix(failure: &Failure<'_>) -> Fix {
    let bucket = failure.resource.resource_id.as_str();
    let arn = format!("arn:{}:s3:::{bucket}", failure.partition);
    let statement = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } } });
    let command = FixCommand::call(&ADD_BUCKET_STATEMENT)
        .argument(failure.resource.region.as_str())
        .argument(bucket)
        .argument(statement.to_string());
    Fix::new()
        .command(command)
        .effect(FixEffect::Disruptive, "requests over plain HTTP are denied.")
        .effect(FixEffect::Replaces, "the bucket policy. Existing statements are kept.")
        .undo(PRINTED)
        .terraform(Terraform::Argument(format!(
            "aws_s3_bucket_policy: add to the statements of policy {statement}"
        )))
}

impl ResourceControl for BucketDenyHttp {
    type Resource = Bucket;
    type Parameters = Parameters;

    fn evaluate(
        bucket: &Subject<'_, Bucket>,
        view: &View<'_>,
        parameters: &Parameters,
    ) -> Assessed {
        let BucketPolicy { document } = view.of::<BucketPolicy>(bucket)?;
        let Some(document) = document else {
            return Ok(Verdict::non_compliant(
                "The bucket has no policy, so plain HTTP is not denied.",
            ));
        };
        let policy = Policy::parse(document).map_err(|error| {
            NotAssessed::Undetermined(format!("the bucket policy is not understood: {error}."))
        })?;
        let partition = view.context().partition.to_string();
        let answer = view.within_share(|limit| {
            deny_http(&policy, &bucket.name, &partition, parameters.require_bucket_arn, limit)
        })?;
        let evidence = json!({ "statements": answer.statements });
        let verdict = match answer.verdict {
            DenyHttp::Denied => Verdict::compliant(answer.detail),
            DenyHttp::NotDenied => Verdict::non_compliant(answer.detail),
            DenyHttp::Undetermined => return Err(not_understood(&answer)),
        };
        Ok(verdict.evidence(evidence))
    }

    fn examples() -> Vec<Example> {
        let policy = |situation, statements: serde_json::Value| {
            let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            Example::new(situation)
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .resource("a", BucketPolicy { document: Some(document) })
        };
        let deny = |actions: serde_json::Value, resources: serde_json::Value| {
            json!({ "Sid": "Tls", "Effect": "Deny", "Principal": "*",
            "Action": actions, "Resource": resources,
            "Condition": { "Bool": { "aws:SecureTransport": "false" } } })
        };
        let (objects, whole) = ("arn:aws:s3:::a/*", "arn:aws:s3:::a");
        let office = json!({
            "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": objects,
            "Condition": { "Bool": { "aws:SecureTransport": "false" },
            "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } }
        });
        let own = vec![
            policy(
                "plain HTTP denied for the bucket and its objects",
                json!([deny(json!("s3:*"), json!([whole, objects]))]),
            )
            .passes("a", "'Tls'"),
            policy(
                "plain HTTP denied in another partition",
                json!([deny(json!("s3:*"), json!("arn:aws-cn:s3:::a/*"))]),
            )
            .partition(plumbline_core::aws::Partition::China)
            .passes("a", "'Tls'"),
            policy(
                "plain HTTP denied for the ARN of another partition",
                json!([deny(json!("s3:*"), json!("arn:aws-cn:s3:::a/*"))]),
            )
            .fails("a", "but not"),
            policy(
                "plain HTTP denied for the objects only",
                json!([deny(json!("s3:*"), json!(objects))]),
            )
            .passes("a", "'Tls'"),
            policy(
                "plain HTTP denied for the objects only, the bucket itself required",
                json!([deny(json!("s3:*"), json!(objects))]),
            )
            .parameter("requireBucketArn", "true")
            .fails("a", "'Tls'"),
            policy(
                "two statements that deny plain HTTP together",
                json!([deny(json!("s3:*"), json!(objects)), deny(json!("*"), json!(whole))]),
            )
            .parameter("requireBucketArn", "true")
            .passes("a", "deny"),
            policy(
                "plain HTTP denied for reading only",
                json!([deny(json!("s3:Get*"), json!(objects))]),
            )
            .fails("a", "but not"),
            policy(
                "plain HTTP denied for a prefix only",
                json!([deny(json!("s3:*"), json!("arn:aws:s3:::a/public/*"))]),
            )
            .fails("a", "but not"),
            policy("plain HTTP denied for one address range only", json!([office]))
                .fails("a", "'Tls'"),
            policy(
                "an Allow with TLS and no Deny",
                json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                    "Resource": objects,
                    "Condition": { "Bool": { "aws:SecureTransport": "true" } } }]),
            )
            .fails("a", ""),
            policy(
                "plain HTTP denied, and a statement that is not understood",
                json!([deny(json!("s3:*"), json!(objects)), { "Effect": "Allow", "Actions": "*" }]),
            )
            .passes("a", "'Tls'"),
            policy(
                "a Deny for reading and a Deny with an unknown element",
                json!([deny(json!("s3:Get*"), json!(objects)),
                    { "Effect": "Deny", "Principal": "*", "actions": "s3:*", "Resource": "*" }]),
            )
            .not_assessed("a", "'actions'"),
            policy(
                "a Deny with an unknown condition operator",
                json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                    "Condition": { "StringResembles": { "aws:SecureTransport": "false" } } }]),
            )
            .not_assessed("a", "'StringResembles'"),
            policy(
                "a Deny for reading with an unknown condition operator",
                json!([{ "Sid": "Read", "Effect": "Deny", "Principal": "*", "Action": "s3:Get*",
                    "Resource": "*",
                    "Condition": { "StringResembles": { "aws:SecureTransport": "false" } } }]),
            )
            .fails("a", "Statement 'Read'"),
            Example::new("no policy")
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .resource("a", BucketPolicy { document: None })
                .fails("a", "has no policy"),
            Example::new("a policy that is not understood")
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .resource("a", BucketPolicy { document: Some("{".to_owned()) })
                .not_assessed("a", "is not understood"),
            Example::new("access denied to GetBucketPolicy")
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .denied(Key::resource(FactKind::BucketPolicy, REGION, "a"))
                .not_assessed("a", "s3:GetBucketPolicy"),
            Example::new("no buckets")
                .account(Buckets(Vec::new()))
                .expect(Compliance::Compliant, "no buckets to evaluate"),
            Example::new("access denied to ListBuckets")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
