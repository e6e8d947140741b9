//! 2.1.1: default encryption of S3 buckets.

use plumbline_core::facts::{Bucket, BucketEncryption, Buckets};
use plumbline_core::fix::{Body, Terraform, TerraformResource, TerraformValue};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::out_of_reach;

plumbline_core::control! {
    /// S3 buckets have default encryption enabled
    ///
    /// ## Why
    /// Encryption at rest protects data from people who gain access to the disks or to a copy of
    /// them. With a KMS key, reading also requires permission to use the key.
    ///
    /// ## Decision
    /// For each bucket of the Region: the default encryption is `AES256`, `aws:kms` or
    /// `aws:kms:dsse`. Since January 2023, Amazon S3 encrypts new objects with `AES256` by default;
    /// a bucket without any default encryption still fails. The control does not evaluate existing
    /// objects, whose encryption the setting does not change.
    ///
    /// ## Remediation
    /// Set the default encryption of the bucket to `AES256`. If reading has to require an
    /// additional permission, set `aws:kms` with a customer managed key. A bucket that receives
    /// server access logs supports `AES256` only.
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
            "aws s3api put-bucket-encryption with the previous default encryption, or \
             delete-bucket-encryption if there was none",
        )
        .terraform(Terraform::resource(resource));
    match algorithm {
        Some(_) => fix.effect(FixEffect::Replaces, "the existing default encryption."),
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
                Verdict::compliant(format!("The default encryption is {known}."))
            }
            Some(other) => Verdict::non_compliant(format!(
                "The default encryption is '{other}', which is not one of {}.",
                ALGORITHMS.join(", ")
            )),
            None => Verdict::non_compliant("The bucket has no default encryption."),
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
            encrypted("AES256", Some("AES256")).passes("a", "is AES256."),
            encrypted("aws:kms", Some("aws:kms")).passes("a", "is aws:kms."),
            encrypted("aws:kms:dsse, with two layers of encryption", Some("aws:kms:dsse"))
                .passes("a", "is aws:kms:dsse."),
            encrypted("no default encryption", None).fails("a", "no default encryption"),
            encrypted("an algorithm that the benchmark does not accept", Some("rot13"))
                .fails("a", "'rot13', which is not one of"),
            Example::new("access denied to GetBucketEncryption for one of two buckets")
                .account(Buckets(vec![bucket("a"), bucket("b")]))
                .resource("a", BucketEncryption { algorithm: Some("AES256".to_owned()) })
                .denied(Key::resource(FactKind::BucketEncryption, REGION, "b"))
                .passes("a", "is AES256.")
                .not_assessed("b", "s3:GetBucketEncryption"),
            Example::new("no buckets")
                .account(Buckets(Vec::new()))
                .expect(Compliance::Compliant, "no buckets to evaluate in us-east-1"),
            Example::new("access denied to ListBuckets")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
