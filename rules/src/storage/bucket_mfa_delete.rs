//! 2.1.3: buckets whose versions nobody deletes with a stolen key.

use plumbline_core::facts::{Bucket, BucketVersioning, Buckets, EnabledRegions, VersioningStatus};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::buckets::out_of_reach;

plumbline_core::control! {
    /// Deleting an object version, or switching versioning off, takes a second factor.
    ///
    /// ## Why
    /// With MFA delete, a stolen key is not enough to destroy data for good: removing a version, or
    /// suspending versioning, takes the root user's MFA device too.
    ///
    /// ## Decision
    /// For each bucket of the Region: versioning is enabled and MFA delete is enabled. Suspended
    /// versioning fails, whatever MFA delete says.
    ///
    /// ## Remediation
    /// Only the root user can switch MFA delete on, with an access key that is deleted afterwards
    /// (see 1.4), and not in the console. Buckets with lifecycle rules cannot have it: use an
    /// exception, or S3 Object Lock.
    ///
    /// ```sh
    /// aws s3api put-bucket-versioning --bucket NAME --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa 'arn:aws:iam::ACCOUNT:mfa/root-account-mfa-device 123456'
    /// ```
    pub(crate) struct BucketMfaDelete: ResourceControl;
    id: ControlId::new("2.1.3"),
    slug: "bucket-mfa-delete",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Low,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.3", "6.5"],
    safeguards_v7: &["14.6"],
    since: "0.1.0",
    facts: &[FactKind::Buckets, FactKind::EnabledRegions, FactKind::BucketVersioning],
    fix: |_| {
        Fix::by_hand(
            "Only root with its MFA device can enable it: aws s3api put-bucket-versioning \
             with the credentials and the option --mfa of root.",
        )
    },
}

impl ResourceControl for BucketMfaDelete {
    type Resource = Bucket;
    type Parameters = NoParameters;

    fn evaluate(bucket: &Subject<'_, Bucket>, view: &View<'_>, _: &NoParameters) -> Assessed {
        let BucketVersioning { status, mfa_delete } = *view.of::<BucketVersioning>(bucket)?;
        let verdict = match (status, mfa_delete) {
            (Some(VersioningStatus::Enabled), Some(true)) => {
                Verdict::compliant("Versioning and MFA delete are enabled.")
            }
            (Some(VersioningStatus::Enabled), _) => {
                Verdict::non_compliant("MFA delete is not enabled.")
            }
            (Some(VersioningStatus::Suspended), _) => {
                Verdict::non_compliant("Versioning is suspended.")
            }
            (None, _) => Verdict::non_compliant("Versioning was never enabled."),
        };
        Ok(verdict.evidence(json!({ "versioning": status, "mfa_delete": mfa_delete })))
    }

    fn examples() -> Vec<Example> {
        let bucket = |name: &str, region: &str| Bucket::new(name, region);
        let versioned = |status, mfa_delete| {
            Example::new(match (status, mfa_delete) {
                (Some(VersioningStatus::Enabled), Some(true)) => {
                    "versioning and MFA delete enabled"
                }
                (Some(VersioningStatus::Enabled), Some(false)) => "MFA delete disabled",
                (Some(VersioningStatus::Enabled), None) => "MFA delete never set",
                (Some(VersioningStatus::Suspended), _) => "versioning suspended",
                (None, _) => "versioning never set",
            })
            .account(Buckets(vec![bucket("a", REGION)]))
            .resource("a", BucketVersioning { status, mfa_delete })
        };
        let own = vec![
            versioned(Some(VersioningStatus::Enabled), Some(true)).passes("a", "are enabled"),
            versioned(Some(VersioningStatus::Enabled), Some(false)).fails("a", "MFA delete is not"),
            versioned(Some(VersioningStatus::Enabled), None).fails("a", "MFA delete is not"),
            versioned(Some(VersioningStatus::Suspended), Some(true)).fails("a", "suspended"),
            versioned(None, None).fails("a", "never enabled"),
            Example::new("one of two buckets may not be read, and a third is in another Region")
                .account(Buckets(vec![
                    bucket("a", REGION),
                    bucket("b", REGION),
                    bucket("c", "eu-west-1"),
                ]))
                .account(EnabledRegions(vec!["eu-west-1".to_owned(), REGION.to_owned()]))
                .resource(
                    "a",
                    BucketVersioning {
                        status: Some(VersioningStatus::Enabled),
                        mfa_delete: Some(true),
                    },
                )
                .denied(Key::resource(FactKind::BucketVersioning, REGION, "b"))
                .passes("a", "are enabled")
                .not_assessed("b", "access denied to s3:GetBucketVersioning (AccessDenied)"),
            Example::new("no buckets in the Region")
                .account(Buckets(vec![bucket("c", "eu-west-1")]))
                .account(EnabledRegions(vec!["eu-west-1".to_owned(), REGION.to_owned()]))
                .expect(Compliance::Compliant, "no buckets to evaluate in us-east-1"),
            Example::new("the only bucket was deleted while the account was read")
                .account(Buckets(vec![bucket("a", REGION)]))
                .answer(
                    Key::resource(FactKind::BucketVersioning, REGION, "a"),
                    Err(ReadError::new("s3:GetBucketVersioning", Cause::NotFound, "NoSuchBucket")),
                )
                .expect(Compliance::Compliant, "no buckets"),
            Example::new("the buckets may not be listed")
                .denied(Key::account(FactKind::Buckets))
                .expect(Compliance::NotAssessed, "s3:ListBuckets"),
        ];
        [own, out_of_reach()].concat()
    }
}
