//! 2.4.1: file systems that are encrypted at rest.

use plumbline_core::facts::{FileSystem, FileSystems};
use plumbline_core::prelude::*;

plumbline_core::control! {
    /// EFS file systems are encrypted at rest
    ///
    /// ## Why
    /// Encryption at rest keeps files from those who get at disks or at a copy of them, and reading
    /// takes a permission for the key.
    ///
    /// ## Decision
    /// For each file system of the Region: it is encrypted at rest. The benchmark has a person
    /// look; the API tells it.
    ///
    /// ## Remediation
    /// A file system keeps for life what it was made with: make an encrypted one, copy the files
    /// with AWS DataSync, and delete the old one.
    ///
    /// ```sh
    /// aws efs create-file-system --encrypted --creation-token TOKEN
    /// ```
    pub(crate) struct EfsEncryption: ResourceControl;
    id: ControlId::new("2.4.1"),
    slug: "efs-encryption",
    level: 1,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.11"],
    safeguards_v7: &["14.8"],
    since: "0.1.0",
    facts: &[FactKind::FileSystems],
    fix: |_| {
        Fix::by_hand(
            "Encryption cannot be switched on later: create an encrypted file system, copy \
             the data, for example with AWS DataSync, and mount it instead.",
        )
    },
}

impl ResourceControl for EfsEncryption {
    type Resource = FileSystem;
    type Parameters = NoParameters;

    fn evaluate(system: &Subject<'_, FileSystem>, _: &View<'_>, _: &NoParameters) -> Assessed {
        Ok(if system.encrypted {
            Verdict::compliant("The file system is encrypted at rest.")
        } else {
            Verdict::non_compliant("The file system is not encrypted at rest.")
        })
    }

    fn examples() -> Vec<Example> {
        let system = |id: &str, encrypted| FileSystem {
            id: id.to_owned(),
            arn: format!("arn:aws:elasticfilesystem:{REGION}:{ACCOUNT_ID}:file-system/{id}"),
            encrypted,
        };
        vec![
            Example::new("one file system encrypted and one not")
                .region(FileSystems(vec![system("fs-1", true), system("fs-2", false)]))
                .passes("fs-1", "is encrypted")
                .fails("fs-2", "is not encrypted"),
            Example::new("no file systems")
                .region(FileSystems(Vec::new()))
                .expect(Compliance::Compliant, "no file systems to evaluate in us-east-1"),
            Example::new("the file systems may not be described")
                .denied(Key::region(FactKind::FileSystems, REGION))
                .expect(Compliance::NotAssessed, "elasticfilesystem:DescribeFileSystems"),
        ]
    }
}
