//! 2.3.1: databases that are encrypted at rest.

use plumbline_core::facts::{DbInstance, DbInstances};
use plumbline_core::prelude::*;

use crate::shared::databases::{Databases, Setting, instance};

plumbline_core::control! {
    /// RDS DB instances are encrypted at rest
    ///
    /// ## Why
    /// Encryption at rest keeps a database from those who get at disks, backups or snapshots of it,
    /// and reading a copy takes a permission for the key.
    ///
    /// ## Decision
    /// For each database instance of the Region: its storage is encrypted. Instances of Amazon
    /// Neptune and Amazon DocumentDB count with `includeNeptuneAndDocumentDb` only.
    ///
    /// ## Remediation
    /// An instance keeps for life what it was made with: copy a snapshot of it with a key, restore
    /// the copy, and move over to the new instance.
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
            "Encryption cannot be switched on later: copy a snapshot with a KMS key, restore \
             it to a new instance, and move the clients.",
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
            format!("The storage of {name} is encrypted."),
            format!("The storage of {name} is not encrypted."),
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
            of_type("an instance that RDS encrypts with a key of its own", "sse-rds")
                .passes("db-bad", "is encrypted"),
            of_type("an instance without encryption of either type", "none")
                .fails("db-bad", "is not encrypted"),
        ]
    }

    fn bad() -> DbInstance {
        DbInstance { encrypted: false, ..instance("db-bad", "postgres") }
    }
}
