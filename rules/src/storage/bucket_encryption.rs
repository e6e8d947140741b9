//! 2.1.1: buckets that encrypt what is put into them.

use plumbline_core::facts::{Bucket, BucketEncryption, Buckets};
use plumbline_core::fix::{Body, Terraform, TerraformResource, TerraformValue};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::out_of_reach;

plumbline_core::control! {
    /// Each bucket encrypts new objects by default.
    ///
    /// ## Why
    /// Encryption at rest keeps data from those who get at disks or at a copy of them, and with a
    /// KMS key reading takes a second permission.
    ///
    /// ## Decision
    /// For each bucket of the Region: its default encryption is `AES256`, `aws:kms` or
    /// `aws:kms:dsse`. Since January 2023 S3 gives every new bucket `AES256`; a bucket without any
    /// default encryption fails nevertheless. Objects that were put before stay as they are, and
    /// the control does not look at them.
    ///
    /// ## Remediation
    /// Set a default encryption of the bucket, `AES256`. Where reading shall take a permission of
    /// its own, set `aws:kms` with a key of yours; a bucket that receives server access logs
    /// accepts `AES256` only.
    ///
    /// ```sh
    /// aws s3api put-bucket-encryption --bucket NAME --server-side-encryption-configuration \
    ///   '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}'
    /// ```
    pub(crate) struct BucketDefaultEncryption: ResourceControl;
    id: ControlId::new("2.1.1"),
    slug: "bucket-encryption",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.11"],
    safeguards_v7: &["14.8"],
    since: "0.1.0",
    facts: &[FactKind::Buckets, FactKind::EnabledRegions, FactKind::BucketEncryption],
    fix: fix,
}

/// The algorithms that encrypt at rest.
const ALGORITHMS: [&str; 3] = ["AES256", "aws:kms", "aws:kms:dsse"];

fn fix(failure: &Failure<'_>) -> Fix {
    let bucket = failure.resource.resource_id.as_str();
    let algorithm = failure.text("algorithm");
    let default = Body::default().set("sse_algorithm", "AES256");
    let rule =
        Body(vec![("apply_server_side_encryption_by_default", TerraformValue::Block(default))]);
    let resource = TerraformResource::new(
        "aws_s3_bucket_server_side_encryption_configuration",
        bucket,
        &failure.resource.region,
    );
    let resource =
        resource.import(algorithm.map(|_| bucket)).set("bucket", bucket).block("rule", rule);
    let fix = failure
        .of_finding(&["s3api put-bucket-encryption"], &[])
        .undo(
            "aws s3api put-bucket-encryption with the default of before; where there was none, \
             delete-bucket-encryption",
        )
        .terraform(Terraform::resource(resource));
    match algorithm {
        Some(_) => fix.effect(FixEffect::Replaces, "the default encryption that is there."),
        None => fix,
    }
}

impl ResourceControl for BucketDefaultEncryption {
    type Resource = Bucket;
    type Parameters = NoParameters;

    fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let BucketEncryption { algorithm } = view.of::<BucketEncryption>(bucket)?;
        let verdict = match algorithm.as_deref() {
            Some(known) if ALGORITHMS.contains(&known) => {
                Verdict::compliant(format!("Objects are encrypted by default with {known}."))
            }
            Some(other) => Verdict::non_compliant(format!(
                "The default encryption is '{other}', which is none of {}.",
                ALGORITHMS.join(", ")
            )),
            None => Verdict::non_compliant("Objects are not encrypted by default."),
        };
        let rules =
            r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}"#;
        let command = [
            "s3api",
            "put-bucket-encryption",
            "--bucket",
            bucket.name.as_str(),
            "--server-side-encryption-configuration",
            rules,
        ];
        Ok(verdict.evidence(json!({ "algorithm": algorithm })).command(command))
    }

    fn examples() -> Vec<Example> {
        let bucket = |name: &str| Bucket::new(name, REGION);
        let encrypted = |situation, algorithm: Option<&str>| {
            Example::new(situation)
                .account(Buckets(vec![bucket("a")]))
                .resource("a", BucketEncryption { algorithm: algorithm.map(str::to_owned) })
        };
        let own = vec![
            encrypted("keys of S3", Some("AES256")).passes("a", "with AES256"),
            encrypted("a key of KMS", Some("aws:kms")).passes("a", "with aws:kms."),
            encrypted("two layers with a key of KMS", Some("aws:kms:dsse"))
                .passes("a", "with aws:kms:dsse"),
            encrypted("no default encryption", None).fails("a", "not encrypted by default"),
            encrypted("an algorithm that the benchmark does not know", Some("rot13"))
                .fails("a", "'rot13', which is none of"),
            Example::new("one of two buckets may not be read")
                .account(Buckets(vec![bucket("a"), bucket("b")]))
                .resource("a", BucketEncryption { algorithm: Some("AES256".to_owned()) })
                .denied(Key::resource(FactKind::BucketEncryption, REGION, "b"))
                .passes("a", "with AES256")
                .not_assessed("b", "access denied to s3:GetBucketEncryption (AccessDenied)"),
            Example::new("no buckets")
                .account(Buckets(Vec::new()))
                .expect(Compliance::Compliant, "no buckets to evaluate in us-east-1"),
            Example::new("the buckets may not be listed")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
