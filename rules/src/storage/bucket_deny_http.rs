//! 2.1.2: buckets that nobody talks to in clear text.

use plumbline_core::facts::{Bucket, BucketPolicy, Buckets};
use plumbline_core::fix::{FixCommand, Terraform};
use plumbline_core::policy::{DenyHttp, Policy, deny_http};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::out_of_reach;
use crate::shared::policies::not_understood;
use crate::shared::shell::{ADD_BUCKET_STATEMENT, PRINTED};

plumbline_core::control! {
    /// The policy of each bucket denies requests over plain HTTP.
    ///
    /// ## Why
    /// S3 answers on port 80 too. Whoever listens on the way reads what a careless client sends or
    /// gets there, and may change it.
    ///
    /// ## Decision
    /// For each bucket of the Region: whoever asks over plain HTTP, for whatever S3 action on
    /// whatever object of the bucket, some Deny of the bucket policy applies. The policy is read by
    /// its meaning: wildcards, lists, any case of names and keys, several statements that share the
    /// work. A Deny does not count where it spares somebody, some action or some object, or where
    /// it has a further condition; a `NotAction` with actions on buckets, or with names that are no
    /// actions, spares no object. With `requireBucketArn` the bucket itself has to be covered too,
    /// as for listing it. A statement that is not understood leaves the bucket not assessed, unless
    /// the others deny all of it, or cannot deny it together with this one.
    ///
    /// ## Remediation
    /// Add a statement to the bucket policy that denies every request over plain HTTP
    /// (aws:SecureTransport is false) to everyone, and keep the statements that are there.
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
        /// Whether plain HTTP has to be denied for the bucket itself too, as for listing it, and
        /// not only for its objects.
        require_bucket_arn: bool = ("requireBucketArn", "false", False),
    }
}

/// The statement that denies plain HTTP is added at run time: the policy is not in the report, and
/// may have changed since.
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
        .effect(FixEffect::Disruptive, "who uses the bucket over plain HTTP is denied access.")
        .effect(FixEffect::Replaces, "the bucket policy, with all statements that it has.")
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
            NotAssessed::Undetermined(format!("the bucket policy cannot be understood: {error}."))
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
        let own =
            vec![
            policy(
                "plain HTTP denied for the bucket and its objects",
                json!([deny(json!("s3:*"), json!([whole, objects]))]),
            )
            .passes("a", "'Tls'"),
            policy(
                "denied in another partition",
                json!([deny(json!("s3:*"), json!("arn:aws-cn:s3:::a/*"))]),
            )
            .partition(plumbline_core::aws::Partition::China)
            .passes("a", "'Tls'"),
            policy(
                "denied for the ARN of another partition",
                json!([deny(json!("s3:*"), json!("arn:aws-cn:s3:::a/*"))]),
            )
            .fails("a", "but not"),
            policy("denied for the objects only", json!([deny(json!("s3:*"), json!(objects))]))
                .passes("a", "'Tls'"),
            policy(
                "denied for the objects only, where the bucket itself is demanded too",
                json!([deny(json!("s3:*"), json!(objects))]),
            )
            .parameter("requireBucketArn", "true")
            .fails("a", "'Tls'"),
            policy(
                "two statements share the work",
                json!([deny(json!("s3:*"), json!(objects)), deny(json!("*"), json!(whole))]),
            )
            .parameter("requireBucketArn", "true")
            .passes("a", "deny"),
            policy("denied for reading only", json!([deny(json!("s3:Get*"), json!(objects))]))
                .fails("a", "but not"),
            policy(
                "denied for a prefix only",
                json!([deny(json!("s3:*"), json!("arn:aws:s3:::a/public/*"))]),
            )
            .fails("a", "but not"),
            policy("denied to the office only", json!([office])).fails("a", "'Tls'"),
            policy(
                "allowed with TLS, and nothing denied",
                json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                    "Resource": objects,
                    "Condition": { "Bool": { "aws:SecureTransport": "true" } } }]),
            )
            .fails("a", ""),
            policy(
                "plain HTTP denied beside a statement that is not understood",
                json!([deny(json!("s3:*"), json!(objects)), { "Effect": "Allow", "Actions": "*" }]),
            )
            .passes("a", "'Tls'"),
            policy(
                "a Deny with an unknown element beside one for reading",
                json!([deny(json!("s3:Get*"), json!(objects)),
                    { "Effect": "Deny", "Principal": "*", "actions": "s3:*", "Resource": "*" }]),
            )
            .not_assessed("a", "statement 2: unknown element 'actions'"),
            policy(
                "a Deny under an unknown operator",
                json!([{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                    "Condition": { "StringResembles": { "aws:SecureTransport": "false" } } }]),
            )
            .not_assessed("a", "unknown condition operator 'StringResembles'"),
            policy(
                "a Deny for reading under an unknown operator",
                json!([{ "Sid": "Read", "Effect": "Deny", "Principal": "*", "Action": "s3:Get*",
                    "Resource": "*",
                    "Condition": { "StringResembles": { "aws:SecureTransport": "false" } } }]),
            )
            .fails("a", "No statement denies plain HTTP to all principals. Statement 'Read' is \
                not"),
            Example::new("no policy")
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .resource("a", BucketPolicy { document: None })
                .fails("a", "has no policy"),
            Example::new("a policy that cannot be understood")
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .resource("a", BucketPolicy { document: Some("{".to_owned()) })
                .not_assessed("a", "cannot be understood"),
            Example::new("the policy may not be read")
                .account(Buckets(vec![Bucket::new("a", REGION)]))
                .denied(Key::resource(FactKind::BucketPolicy, REGION, "a"))
                .not_assessed("a", "access denied to s3:GetBucketPolicy"),
            Example::new("no buckets")
                .account(Buckets(Vec::new()))
                .expect(Compliance::Compliant, "no buckets to evaluate"),
            Example::new("the buckets may not be listed")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
