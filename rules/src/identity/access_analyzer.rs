//! 1.20: access from outside is watched.

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
    /// A bucket policy, a key policy or a role's trust can let strangers in, and nobody reads them
    /// all. The analyzer does, and tells what can be reached from outside.
    ///
    /// ## Decision
    /// The Region has an active analyzer of external access, for the account (`ACCOUNT`) or for its
    /// organization (`ORGANIZATION`). Analyzers of unused or of internal access alone do not do. An
    /// organization's analyzer is seen only in the account that holds it: member accounts need one
    /// of their own, or an exception.
    ///
    /// ## Remediation
    /// Make an analyzer of external access in every Region that is in use. It costs nothing.
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
            "Analyzer {} is there and not active, and AWS takes one of external access for an \
             account: see why with aws accessanalyzer get-analyzer, wait until it is active, or \
             delete it and scan again.",
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
                "The analyzer {} watches {region} for access from outside.",
                analyzer.name
            )),
            None if !idle.is_empty() => Verdict::non_compliant(format!(
                "No analyzer of external access is active in {region}: {} is not.",
                some_of(&idle)
            )),
            None if analyzers.is_empty() => {
                Verdict::non_compliant(format!("There is no analyzer in {region}."))
            }
            None => Verdict::non_compliant(format!(
                "No analyzer in {region} looks for access from outside."
            )),
        };
        let verdict = verdict.evidence(json!({ "analyzers": analyzers }));
        if !idle.is_empty() {
            return Ok(verdict.remedy(
                "See why the analyzer is not active, with aws accessanalyzer get-analyzer: AWS \
                 takes one of external access for an account."
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
            with("an active analyzer", &[("a", External, true)])
                .expect(Compliance::Compliant, "The analyzer a watches us-east-1"),
            with("the second analyzer is active", &[("a", External, false), ("b", External, true)])
                .expect(Compliance::Compliant, "The analyzer b"),
            with("an analyzer that is being made", &[("a", External, false)])
                .expect(Compliance::NonCompliant, "a is not"),
            with("an analyzer of unused access only", &[("a", Other, true)])
                .expect(Compliance::NonCompliant, "looks for access from outside"),
            with("no analyzer", &[]).expect(Compliance::NonCompliant, "no analyzer in us-east-1"),
            Example::new("the analyzers may not be listed")
                .denied(Key::region(FactKind::Analyzers, REGION))
                .expect(Compliance::NotAssessed, "ListAnalyzers"),
        ]
    }
}
