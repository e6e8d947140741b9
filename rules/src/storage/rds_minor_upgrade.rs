//! 2.3.2: databases that get their patches.

use plumbline_core::facts::{DbInstance, DbInstances};
use plumbline_core::fix::Terraform;
use plumbline_core::prelude::*;

use crate::shared::databases::{Databases, Setting, instance};

plumbline_core::control! {
    /// RDS DB instances have automatic minor version upgrades enabled
    ///
    /// ## Why
    /// Minor versions close holes. Where nobody has to remember them, they are installed in the
    /// next maintenance window.
    ///
    /// ## Decision
    /// For each database instance of the Region: automatic upgrades to minor versions are on.
    /// Instances of Amazon Neptune and Amazon DocumentDB count with `includeNeptuneAndDocumentDb`
    /// only.
    ///
    /// ## Remediation
    /// Switch automatic minor version upgrades on. That alone upgrades nothing: RDS does so in a
    /// maintenance window, when there is a version that it holds to be ripe.
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
            "the instance is not available for a short time when it is upgraded, in its \
             maintenance window.",
        )
        .note(
            "An instance of a Multi-AZ DB cluster is changed by its cluster: aws rds \
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
            format!("Minor versions are installed automatically on {name}."),
            format!("Minor versions are not installed automatically on {name}."),
        )
    }

    fn out_of_scope(instance: &DbInstance) -> Option<String> {
        instance.is_custom().then(|| {
            format!(
                "Instance '{}' is one of RDS Custom, for which AWS refuses automatic minor version \
                 upgrades.",
                instance.name
            )
        })
    }

    fn more_examples() -> Vec<Example> {
        let custom = DbInstance { engine: "custom-oracle-ee".to_owned(), ..Self::bad() };
        vec![
            Example::new("an instance of RDS Custom")
                .region(DbInstances(vec![custom]))
                .not_applicable("db-bad", "is one of RDS Custom"),
        ]
    }

    fn bad() -> DbInstance {
        DbInstance { minor_upgrade: false, ..instance("db-bad", "mariadb") }
    }
}
