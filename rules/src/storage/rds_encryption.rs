//! 2.3.1: encryption of DB instances at rest.

use plumbline_core::facts::{DbInstance, DbInstances};
use plumbline_core::prelude::*;

use crate::shared::databases::{Databases, Setting, instance};

plumbline_core::control! {
    /// RDS DB instances are encrypted at rest
    ///
    /// ## Why
    /// Encryption at rest protects a database from people who gain access to its disks, backups or
    /// snapshots. Reading a copy also requires permission to use the key.
    ///
    /// ## Decision
    /// For each DB instance of the Region: the storage is encrypted. Amazon Neptune and Amazon
    /// DocumentDB instances are evaluated only with `includeNeptuneAndDocumentDb`.
    ///
    /// ## Remediation
    /// Copy a snapshot of the DB instance with a KMS key, restore the encrypted copy to a new DB
    /// instance, and move the clients there. The encryption of an existing DB instance cannot be
    /// changed.
    ///
    /// ```sh
    /// aws rds copy-db-snapshot --source-db-snapshot-identifier OLD --target-db-snapshot-identifier NEW --kms-key-id alias/aws/rds
    /// aws rds restore-db-instance-from-db-snapshot --db-snapshot-identifier NEW --db-instance-identifier NAME
    /// ```
    pub(crate) struct RdsEncryption;
    id: ControlId::new("2.3.1"),
    slug: "rds-encryption",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.11"],
    safeguards_v7: &["14.8"],
    since: "0.1.0",
    facts: &[FactKind::DbInstances],
    fix: |_| {
        Fix::by_hand(
            "The encryption of an existing DB instance cannot be changed: copy a snapshot with a \
             KMS key, restore the copy to a new instance, and move the clients.",
        )
    },
    run: Run::each::<Databases<RdsEncryption>>(),
}

impl Setting for RdsEncryption {
    fn is_on(instance: &DbInstance) -> bool {
        instance.encrypted
            || matches!(instance.encryption_type.as_deref(), Some("sse-rds" | "sse-kms"))
    }

    fn reasons(name: &str) -> (String, String) {
        (
            format!("DB instance '{name}' is encrypted."),
            format!("DB instance '{name}' is not encrypted."),
        )
    }

    fn more_examples() -> Vec<Example> {
        let of_type = |situation, encryption: &str| {
            Example::new(situation).region(DbInstances(vec![DbInstance {
                encryption_type: Some(encryption.to_owned()),
                ..Self::bad()
            }]))
        };
        vec![
            of_type("a DB instance with encryption type sse-rds", "sse-rds")
                .passes("db-bad", "is encrypted"),
            of_type("a DB instance with encryption type none", "none")
                .fails("db-bad", "is not encrypted"),
        ]
    }

    fn bad() -> DbInstance {
        DbInstance { encrypted: false, ..instance("db-bad", "postgres") }
    }
}
