//! The DB instances that the controls of 2.3 evaluate, and examples of them.

use plumbline_core::assess::nothing_there;
use plumbline_core::facts::{DbInstance, DbInstances, DbNetwork};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether Amazon Neptune and Amazon DocumentDB instances, which the RDS API also returns,
        /// are evaluated.
        include_neptune_and_document_db: bool = ("includeNeptuneAndDocumentDb", "false", False),
    }
}

/// Returns whether an instance is evaluated.
pub(crate) fn concerns(instance: &DbInstance, include_neptune_and_document_db: bool) -> bool {
    include_neptune_and_document_db || !instance.is_neptune_or_document_db()
}

/// A setting that each instance must have.
pub(crate) trait Setting {
    /// Returns whether an instance has the setting.
    fn is_on(instance: &DbInstance) -> bool;

    /// The option of `modify-db-instance` that enables the setting, or nothing if an existing
    /// instance cannot be changed.
    const OPTION: Option<&'static str> = None;

    /// Returns a sentence with the reason if the control is not applicable to an instance.
    fn out_of_scope(instance: &DbInstance) -> Option<String> {
        let _ = instance;
        None
    }

    /// Returns the examples of this control only.
    fn more_examples() -> Vec<Example> {
        Vec::new()
    }

    /// Returns the reasons for an instance with the setting and for an instance without the
    /// setting.
    fn reasons(name: &str) -> (String, String);

    /// Returns an instance without the setting, for examples.
    fn bad() -> DbInstance;
}

/// The control over a setting.
pub(crate) struct Databases<S>(std::marker::PhantomData<S>);

impl<S: Setting> ResourceControl for Databases<S> {
    type Resource = DbInstance;
    type Parameters = Parameters;

    fn concerns(
        instance: &Subject<'_, DbInstance>,
        _: &View<'_>,
        parameters: &Parameters,
    ) -> Result<bool, NotAssessed> {
        Ok(concerns(instance, parameters.include_neptune_and_document_db))
    }

    fn evaluate(instance: &Subject<'_, DbInstance>, _: &View<'_>, _: &Parameters) -> Assessed {
        let (passed, failed) = S::reasons(&instance.name);
        let verdict = if let Some(reason) = S::out_of_scope(instance) {
            Verdict::not_applicable(reason)
        } else if S::is_on(instance) {
            Verdict::compliant(passed)
        } else {
            Verdict::non_compliant(failed)
        };
        let verdict = verdict.evidence(json!({ "name": instance.name, "engine": instance.engine }));
        Ok(match S::OPTION {
            Some(option) => verdict.command(modify(&instance.name, option, &instance.region)),
            None => verdict,
        })
    }

    fn examples() -> Vec<Example> {
        let bad = S::bad();
        let mut all = examples(&bad, &S::reasons("name-of-db-good").0, &S::reasons(&bad.name).1);
        all.extend(S::more_examples());
        all
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        none(view)
    }
}

/// Returns the words of the command that changes an instance.
///
/// The command has no `--apply-immediately`, which would also apply all other pending changes.
/// Neither change needs the option.
pub(crate) fn modify<'a>(name: &'a str, option: &'a str, region: &'a str) -> [&'a str; 7] {
    let verb = "modify-db-instance";
    ["rds", verb, "--db-instance-identifier", name, option, "--region", region]
}

/// Returns the verdict when no instance is evaluated, with the number of instances out of scope.
pub(crate) fn none(view: &View<'_>) -> Assessed {
    let instances = &view.region::<DbInstances>()?.0;
    let count = |engine: &str| instances.iter().filter(|one| one.engine == engine).count();
    let left_out: Vec<String> = [("neptune", "Amazon Neptune"), ("docdb", "Amazon DocumentDB")]
        .into_iter()
        .map(|(engine, name)| (count(engine), name))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| {
            format!("{number} {name} instance{}", if number == 1 { "" } else { "s" })
        })
        .collect();
    let reason = nothing_there::<DbInstance>(view);
    Ok(Verdict::compliant(if left_out.is_empty() {
        reason
    } else {
        format!(
            "{} Out of scope (includeNeptuneAndDocumentDb): {}.",
            reason,
            left_out.join(" and ")
        )
    }))
}

/// Returns an instance for examples: encrypted, with minor version upgrades and without public
/// access.
pub(crate) fn instance(id: &str, engine: &str) -> DbInstance {
    DbInstance {
        id: id.to_owned(),
        name: format!("name-of-{id}"),
        arn: format!("arn:aws:rds:{REGION}:{ACCOUNT_ID}:db:name-of-{id}"),
        region: REGION.to_owned(),
        engine: engine.to_owned(),
        encrypted: true,
        encryption_type: None,
        minor_upgrade: true,
        public: false,
        network: Some(DbNetwork {
            vpc: "vpc-1".to_owned(),
            subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
        }),
    }
}

/// Returns the examples that the controls share. All instances pass except `bad`, which fails with
/// a reason that contains `failed`.
pub(crate) fn examples(bad: &DbInstance, passed: &str, failed: &str) -> Vec<Example> {
    let good = instance("db-good", "mysql");
    let of_neptune = DbInstance { engine: "neptune".to_owned(), ..bad.clone() };
    let of_document_db = DbInstance { engine: "docdb".to_owned(), ..bad.clone() };
    vec![
        Example::new("a compliant and a non-compliant instance")
            .region(DbInstances(vec![good.clone(), bad.clone()]))
            .passes("db-good", passed)
            .fails(&bad.id, failed),
        Example::new("an Amazon Neptune instance")
            .region(DbInstances(vec![of_neptune.clone()]))
            .expect(
                Compliance::Compliant,
                "(includeNeptuneAndDocumentDb): 1 Amazon Neptune instance.",
            ),
        Example::new("an Amazon DocumentDB instance and an RDS instance")
            .region(DbInstances(vec![of_document_db, good]))
            .passes("db-good", passed),
        Example::new("an Amazon Neptune instance, in scope")
            .region(DbInstances(vec![of_neptune]))
            .parameter("includeNeptuneAndDocumentDb", "true")
            .fails(&bad.id, failed),
        Example::new("no instances")
            .region(DbInstances(Vec::new()))
            .expect(Compliance::Compliant, "instances to evaluate in us-east-1"),
        Example::new("access denied to DescribeDBInstances")
            .denied(Key::region(FactKind::DbInstances, REGION))
            .expect(Compliance::NotAssessed, "rds:DescribeDBInstances"),
    ]
}
