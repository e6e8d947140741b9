//! 2.3.2: databases that get their patches.

use plumbline_core::facts::DbInstance;
use plumbline_core::prelude::*;
use serde_json::json;

use super::databases::{self, Parameters};

plumbline_core::control! {
    /// Each RDS instance installs minor versions of its engine automatically.
    ///
    /// ## Why
    /// Minor versions close holes. Where nobody has to remember them, they are installed in the next maintenance window.
    ///
    /// ## Decision
    /// For each database instance of the Region: automatic upgrades to minor versions are on. Instances of Amazon Neptune and Amazon DocumentDB count with
    /// `includeNeptuneAndDocumentDb` only.
    ///
    /// ## Remediation
    /// Switch it on. That alone upgrades nothing: RDS does so in a maintenance window, when there is a version that it holds to be ripe.
    ///
    /// ```sh
    /// aws rds modify-db-instance --db-instance-identifier NAME --auto-minor-version-upgrade --apply-immediately
    /// ```
    pub struct RdsMinorUpgrade;
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
    facts: &[Kind::DbInstances],
    run: Run::each::<RdsMinorUpgrade>(),
}

impl Each for RdsMinorUpgrade {
    type Resource = DbInstance;
    type Parameters = Parameters;

    fn concerns(instance: &DbInstance, _: &View<'_>, parameters: &Parameters) -> Result<bool, NotAssessed> {
        Ok(databases::concerns(instance, parameters.include_neptune_and_document_db))
    }

    fn evaluate(instance: &DbInstance, _: &View<'_>, _: &Parameters) -> Assessed {
        let DbInstance { name, engine, minor_upgrade, .. } = instance;
        let verdict = if *minor_upgrade {
            Verdict::compliant(format!("Minor versions are installed automatically on {name}."))
        } else {
            Verdict::non_compliant(format!("Minor versions are not installed automatically on {name}."))
        };
        Ok(verdict.evidence(json!({ "name": name, "engine": engine })))
    }

    fn examples() -> Vec<Example> {
        let bad = DbInstance { minor_upgrade: false, ..databases::instance("db-bad", "mariadb") };
        databases::examples(&bad, "are installed automatically", "are not installed automatically on name-of-db-bad.")
    }
}
