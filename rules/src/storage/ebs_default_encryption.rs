//! 2.2.1: new volumes are encrypted.

use plumbline_core::facts::EbsDefaultEncryption;
use plumbline_core::fix::{Terraform, TerraformResource};
use plumbline_core::prelude::*;

plumbline_core::control! {
    /// New EBS volumes are encrypted by default.
    ///
    /// ## Why
    /// Whoever makes a volume seldom thinks of encryption, and encrypting it later means copying
    /// it. With the default on, nobody has to think of it, and snapshots follow.
    ///
    /// ## Decision
    /// In each Region: EBS encryption by default is on. Volumes that exist are not looked at.
    ///
    /// ## Remediation
    /// Switch encryption by default of EBS volumes on in each Region. It holds for volumes made
    /// from then on.
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
        .note("It concerns new volumes only.")
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
            Example::new("encryption by default is on")
                .region(EbsDefaultEncryption { enabled: true })
                .expect(Compliance::Compliant, "are encrypted"),
            Example::new("encryption by default is off")
                .region(EbsDefaultEncryption { enabled: false })
                .expect(Compliance::NonCompliant, "are not encrypted"),
            Example::new("the setting may not be read")
                .denied(Key::region(FactKind::EbsDefaultEncryption, REGION))
                .expect(Compliance::NotAssessed, "access denied to ec2:GetEbsEncryptionByDefault"),
        ]
    }
}
