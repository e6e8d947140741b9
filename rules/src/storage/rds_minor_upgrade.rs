//! 2.3.2: automatic minor version upgrades.

use plumbline_core::facts::{DbInstance, DbInstances};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;

use crate::shared::databases::{Databases, Setting, instance};

plumbline_core::control! {
    /// RDS DB instances have automatic minor version upgrades enabled
    ///
    /// ## Why
    /// Minor versions fix vulnerabilities. With automatic upgrades, RDS installs them in a
    /// maintenance window without manual work.
    ///
    /// ## Decision
    /// For each DB instance of the Region: automatic minor version upgrades are enabled. Amazon
    /// Neptune and Amazon DocumentDB instances are evaluated only with
    /// `includeNeptuneAndDocumentDb`.
    ///
    /// ## Remediation
    /// Enable automatic minor version upgrades on the DB instance. RDS applies a new version in a
    /// later maintenance window.
    ///
    /// ```sh
    /// aws rds modify-db-instance --db-instance-identifier NAME --auto-minor-version-upgrade
    /// ```
    pub(crate) struct RdsMinorUpgrade;
    id: ControlId::new("2.3.2"),
    slug: "rds-minor-upgrade",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["7.4"],
    safeguards_v7: &["3.5"],
    since: "0.1.0",
    facts: &[FactKind::DbInstances],
    fix: fix,
    run: Run::each::<Databases<RdsMinorUpgrade>>(),
}

fn fix(failure: &Failure<'_>) -> Fix {
    failure
        .of_finding(&["rds modify-db-instance"], &[])
        .effect(
            FixEffect::Disruptive,
            "the instance is unavailable for a short time during an upgrade in its maintenance \
             window.",
        )
        .note(
            "For an instance of a Multi-AZ DB cluster, modify the cluster: aws rds \
             modify-db-cluster --auto-minor-version-upgrade.",
        )
        .undo("aws rds modify-db-instance --no-auto-minor-version-upgrade for the same instance")
        .terraform(Terraform::Argument(
            "aws_db_instance: auto_minor_version_upgrade = true".to_owned(),
        ))
}

impl Setting for RdsMinorUpgrade {
    const OPTION: Option<&'static str> = Some("--auto-minor-version-upgrade");

    fn is_on(instance: &DbInstance) -> bool {
        instance.minor_upgrade
    }

    fn reasons(name: &str) -> (String, String) {
        (
            format!("Automatic minor version upgrades are enabled on DB instance '{name}'."),
            format!("Automatic minor version upgrades are disabled on DB instance '{name}'."),
        )
    }

    fn out_of_scope(instance: &DbInstance) -> Option<String> {
        instance.is_custom().then(|| {
            format!(
                "DB instance '{}' is an RDS Custom instance, which does not support automatic \
                 minor version upgrades.",
                instance.name
            )
        })
    }

    fn more_examples() -> Vec<Example> {
        let custom = DbInstance { engine: "custom-oracle-ee".to_owned(), ..Self::bad() };
        vec![
            Example::new("an RDS Custom instance")
                .region(DbInstances(vec![custom]))
                .not_applicable("db-bad", "is an RDS Custom instance"),
        ]
    }

    fn bad() -> DbInstance {
        DbInstance { minor_upgrade: false, ..instance("db-bad", "mariadb") }
    }
}
