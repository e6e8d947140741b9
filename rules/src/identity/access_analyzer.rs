//! 1.20: an external access analyzer in every Region.

use plumbline_core::facts::{Analyzer, AnalyzerKind, Analyzers};
use plumbline_core::fix::{Terraform, TerraformResource};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::names::free_name;
use crate::shared::policies::some_of;

plumbline_core::control! {
    /// IAM Access Analyzer has an active external access analyzer in every Region
    ///
    /// ## Why
    /// Bucket policies, key policies and role trust policies can grant access to external
    /// principals, and no one can review all of them by hand. An external access analyzer reports
    /// each resource that an external principal can reach.
    ///
    /// ## Decision
    /// The Region has an active external access analyzer, for the account (`ACCOUNT`) or for its
    /// organization (`ORGANIZATION`). Analyzers for unused or internal access do not count. An
    /// organization analyzer is visible only in the account that owns the analyzer: each member
    /// account needs its own analyzer or an exception.
    ///
    /// ## Remediation
    /// Create an external access analyzer in every Region that is in use. External access analyzers
    /// are free of charge.
    ///
    /// ```sh
    /// aws accessanalyzer create-analyzer --analyzer-name external --type ACCOUNT --region REGION
    /// ```
    pub(crate) struct AccessAnalyzer: AccountControl;
    id: ControlId::new("1.20"),
    slug: "access-analyzer",
    level: 1,
    assessment: Assessment::Automated,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["14", "14.6"],
    since: "0.1.0",
    facts: &[FactKind::Analyzers],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let analyzers = failure.evidence.get("analyzers").cloned().unwrap_or_default();
    let analyzers: Vec<Analyzer> = serde_json::from_value(analyzers).unwrap_or_default();
    if let Some(idle) = analyzers.iter().find(|one| one.kind == AnalyzerKind::External) {
        return Fix::by_hand(format!(
            "Analyzer '{}' exists but is not active, and AWS allows one external access analyzer \
             per account: check its status with aws accessanalyzer get-analyzer, wait until it is \
             active, or delete it and scan again.",
            idle.name
        ));
    }
    let fix = failure.of_finding(&["accessanalyzer create-analyzer"], &[]);
    let Some(name) = fix.commands.first().and_then(|one| one.value("--analyzer-name")) else {
        return fix;
    };
    let region = failure.resource.region.as_str();
    let label = format!("external {region}");
    let analyzer = TerraformResource::new("aws_accessanalyzer_analyzer", &label, region)
        .set("analyzer_name", name)
        .set("type", "ACCOUNT");
    let undo =
        format!("aws accessanalyzer delete-analyzer --region {region} --analyzer-name {name}");
    fix.undo(undo).terraform(Terraform::resource(analyzer))
}

impl AccountControl for AccessAnalyzer {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let region = &view.context().region;
        let Analyzers(analyzers) = view.region::<Analyzers>()?;
        let external: Vec<&Analyzer> =
            analyzers.iter().filter(|analyzer| analyzer.kind == AnalyzerKind::External).collect();
        let idle: Vec<&str> = external.iter().map(|analyzer| analyzer.name.as_str()).collect();
        let verdict = match external.iter().find(|analyzer| analyzer.active) {
            Some(analyzer) => Verdict::compliant(format!(
                "External access analyzer '{}' is active in {region}.",
                analyzer.name
            )),
            None if !idle.is_empty() => Verdict::non_compliant(format!(
                "No external access analyzer is active in {region}. Not active: {}.",
                some_of(&idle)
            )),
            None if analyzers.is_empty() => {
                Verdict::non_compliant(format!("No analyzer exists in {region}."))
            }
            None => Verdict::non_compliant(format!(
                "No analyzer in {region} is an external access analyzer."
            )),
        };
        let verdict = verdict.evidence(json!({ "analyzers": analyzers }));
        if !idle.is_empty() {
            return Ok(verdict.remedy(
                "Check why the analyzer is not active with aws accessanalyzer get-analyzer: AWS \
                 allows one external access analyzer per account."
                    .to_owned(),
            ));
        }
        let name = free_name("external", |name| analyzers.iter().any(|one| one.name == name));
        let command = ["accessanalyzer", "create-analyzer", "--analyzer-name", name.as_str()];
        let options = ["--type", "ACCOUNT", "--region", region.as_str()];
        let command = command.into_iter().chain(options);
        Ok(verdict.command(command))
    }

    fn examples() -> Vec<Example> {
        let with = |situation, analyzers: &[(&str, AnalyzerKind, bool)]| {
            let analyzer = |(name, kind, active): &(&str, AnalyzerKind, bool)| Analyzer {
                name: (*name).to_owned(),
                kind: *kind,
                active: *active,
            };
            Example::new(situation).region(Analyzers(analyzers.iter().map(analyzer).collect()))
        };
        use AnalyzerKind::{External, Other};
        vec![
            with("an active analyzer", &[("a", External, true)]).expect(
                Compliance::Compliant,
                "External access analyzer 'a' is active in us-east-1.",
            ),
            with(
                "two analyzers, the second active",
                &[("a", External, false), ("b", External, true)],
            )
            .expect(Compliance::Compliant, "analyzer 'b' is active"),
            with("an analyzer that is not active yet", &[("a", External, false)])
                .expect(Compliance::NonCompliant, "Not active: 'a'."),
            with("an unused access analyzer only", &[("a", Other, true)])
                .expect(Compliance::NonCompliant, "is an external access analyzer"),
            with("no analyzer", &[])
                .expect(Compliance::NonCompliant, "No analyzer exists in us-east-1"),
            Example::new("access denied to ListAnalyzers")
                .denied(Key::region(FactKind::Analyzers, REGION))
                .expect(Compliance::NotAssessed, "ListAnalyzers"),
        ]
    }
}
