//! 2.4.1: encryption of EFS file systems at rest.

use plumbline_core::facts::{FileSystem, FileSystems};
use plumbline_core::prelude::*;

plumbline_core::control! {
    /// EFS file systems are encrypted at rest
    ///
    /// ## Why
    /// Encryption at rest protects files from people who gain access to the disks or to a copy of
    /// them. Reading also requires permission to use the key.
    ///
    /// ## Decision
    /// For each file system of the Region: the file system is encrypted at rest. The benchmark
    /// requires a manual check; the API of Amazon EFS shows the setting.
    ///
    /// ## Remediation
    /// Create an encrypted EFS file system, copy the files with AWS DataSync, and delete the old
    /// file system. The encryption of an existing file system cannot be changed.
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
            "The encryption of an existing file system cannot be changed: create an encrypted file \
             system, copy the data, for example with AWS DataSync, and mount the new file system.",
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
            Example::new("an encrypted and an unencrypted file system")
                .region(FileSystems(vec![system("fs-1", true), system("fs-2", false)]))
                .passes("fs-1", "is encrypted")
                .fails("fs-2", "is not encrypted"),
            Example::new("no file systems")
                .region(FileSystems(Vec::new()))
                .expect(Compliance::Compliant, "no file systems to evaluate in us-east-1"),
            Example::new("access denied to DescribeFileSystems")
                .denied(Key::region(FactKind::FileSystems, REGION))
                .expect(Compliance::NotAssessed, "elasticfilesystem:DescribeFileSystems"),
        ]
    }
}
