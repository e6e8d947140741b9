//! 2.2.1: EBS encryption by default.

use plumbline_core::facts::EbsDefaultEncryption;
use plumbline_core::fix::{Terraform, TerraformResource};
use plumbline_core::prelude::*;

plumbline_core::control! {
    /// EBS encryption by default is enabled in every Region
    ///
    /// ## Why
    /// The creator of a volume can forget to enable encryption, and a later encryption requires a
    /// copy of the volume. With encryption by default, every new volume and its snapshots are
    /// encrypted.
    ///
    /// ## Decision
    /// In each Region: EBS encryption by default is enabled. Existing volumes are not evaluated.
    ///
    /// ## Remediation
    /// Enable EBS encryption by default in each Region. The setting applies to volumes that are
    /// created afterwards.
    ///
    /// ```sh
    /// aws ec2 enable-ebs-encryption-by-default --region REGION
    /// ```
    pub(crate) struct EbsEncryption: AccountControl;
    id: ControlId::new("2.2.1"),
    slug: "ebs-default-encryption",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.11"],
    safeguards_v7: &["14.8"],
    since: "0.1.0",
    facts: &[FactKind::EbsDefaultEncryption],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let region = failure.resource.region.as_str();
    let resource = TerraformResource::new("aws_ebs_encryption_by_default", region, region)
        .import(Some("default"))
        .set("enabled", true);
    failure
        .of_finding(&["ec2 enable-ebs-encryption-by-default"], &[])
        .note("The setting applies to new volumes only.")
        .undo("aws ec2 disable-ebs-encryption-by-default in the same Region")
        .terraform(Terraform::resource(resource))
}

impl AccountControl for EbsEncryption {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let region = &view.context().region;
        Ok(if view.region::<EbsDefaultEncryption>()?.enabled {
            Verdict::compliant(format!("New EBS volumes in {region} are encrypted by default."))
        } else {
            Verdict::non_compliant(format!(
                "New EBS volumes in {region} are not encrypted by default."
            ))
            .command([
                "ec2",
                "enable-ebs-encryption-by-default",
                "--region",
                region.as_str(),
            ])
        })
    }

    fn examples() -> Vec<Example> {
        vec![
            Example::new("encryption by default enabled")
                .region(EbsDefaultEncryption { enabled: true })
                .expect(Compliance::Compliant, "are encrypted"),
            Example::new("encryption by default disabled")
                .region(EbsDefaultEncryption { enabled: false })
                .expect(Compliance::NonCompliant, "are not encrypted"),
            Example::new("access denied to GetEbsEncryptionByDefault")
                .denied(Key::region(FactKind::EbsDefaultEncryption, REGION))
                .expect(Compliance::NotAssessed, "ec2:GetEbsEncryptionByDefault"),
        ]
    }
}
