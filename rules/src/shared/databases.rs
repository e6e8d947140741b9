//! Which database instances the controls of 2.3 are about, and examples of them.

use plumbline_core::assess::nothing_there;
use plumbline_core::facts::{DbInstance, DbInstances, DbNetwork};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::parameters! {
    pub(crate) struct Parameters {
        /// Whether instances of Amazon Neptune and Amazon DocumentDB, which the API of RDS shows
        /// too, are evaluated.
        include_neptune_and_document_db: bool = ("includeNeptuneAndDocumentDb", "false", False),
    }
}

/// Whether an instance is one of those that are evaluated.
pub(crate) fn concerns(instance: &DbInstance, include_neptune_and_document_db: bool) -> bool {
    include_neptune_and_document_db || !instance.is_neptune_or_document_db()
}

/// A setting that each instance should have.
pub(crate) trait Setting {
    /// Whether an instance has it.
    fn is_on(instance: &DbInstance) -> bool;

    /// The option of `modify-db-instance` that sets it; nothing where it cannot be set later.
    const OPTION: Option<&'static str> = None;

    /// Why the control is not about an instance, in a sentence.
    fn out_of_scope(instance: &DbInstance) -> Option<String> {
        let _ = instance;
        None
    }

    /// Examples of the control alone.
    fn more_examples() -> Vec<Example> {
        Vec::new()
    }

    /// Sentences for an instance that has it and for one that has not.
    fn reasons(name: &str) -> (String, String);

    /// An instance of an example, without the setting.
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

/// The words of the command that changes an instance.
///
/// Without `--apply-immediately`, which would also apply everything else that waits for the
/// maintenance window; neither change needs it.
pub(crate) fn modify<'a>(name: &'a str, option: &'a str, region: &'a str) -> [&'a str; 7] {
    let verb = "modify-db-instance";
    ["rds", verb, "--db-instance-identifier", name, option, "--region", region]
}

/// That there is no instance to evaluate, with those that are left out.
pub(crate) fn none(view: &View<'_>) -> Assessed {
    let instances = &view.region::<DbInstances>()?.0;
    let count = |engine: &str| instances.iter().filter(|one| one.engine == engine).count();
    let left_out: Vec<String> = [("neptune", "Amazon Neptune"), ("docdb", "Amazon DocumentDB")]
        .into_iter()
        .map(|(engine, name)| (count(engine), name))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| format!("{number} of {name}"))
        .collect();
    let reason = nothing_there::<DbInstance>(view);
    Ok(Verdict::compliant(if left_out.is_empty() {
        reason
    } else {
        format!("{} Left out (includeNeptuneAndDocumentDb): {}.", reason, left_out.join(" and "))
    }))
}

/// An instance of an example: encrypted, with minor upgrades and without a public address.
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

/// The examples that the controls share: of instances that comply but for `bad`, which fails with
/// the words `failed`.
pub(crate) fn examples(bad: &DbInstance, passed: &str, failed: &str) -> Vec<Example> {
    let good = instance("db-good", "mysql");
    let of_neptune = DbInstance { engine: "neptune".to_owned(), ..bad.clone() };
    let of_document_db = DbInstance { engine: "docdb".to_owned(), ..bad.clone() };
    vec![
        Example::new("one instance as it should be and one not")
            .region(DbInstances(vec![good.clone(), bad.clone()]))
            .passes("db-good", passed)
            .fails(&bad.id, failed),
        Example::new("an instance of Amazon Neptune")
            .region(DbInstances(vec![of_neptune.clone()]))
            .expect(Compliance::Compliant, "(includeNeptuneAndDocumentDb): 1 of Amazon Neptune."),
        Example::new("an instance of Amazon DocumentDB beside another one")
            .region(DbInstances(vec![of_document_db, good]))
            .passes("db-good", passed),
        Example::new("an instance of Amazon Neptune, which counts")
            .region(DbInstances(vec![of_neptune]))
            .parameter("includeNeptuneAndDocumentDb", "true")
            .fails(&bad.id, failed),
        Example::new("no instances")
            .region(DbInstances(Vec::new()))
            .expect(Compliance::Compliant, "no DB instances to evaluate in us-east-1"),
        Example::new("the instances may not be described")
            .denied(Key::region(FactKind::DbInstances, REGION))
            .expect(Compliance::NotAssessed, "rds:DescribeDBInstances"),
    ]
}
