//! The plan or result of a deployment as JSON: `docs/schema/deployment.json`.

use std::collections::BTreeMap;

use plumbline_templates::contract::{CENTRAL, OWN};
use serde::Serialize;

use crate::apply::Applied;
use crate::central::is_central;
use crate::coverage::OrganizationCoverage;
use crate::guardrails::denials::PlannedDenials;
use crate::pack::PackAction;
use crate::place::{Place, PlaceState};
use crate::reconcile::RECONCILE_STACK;
use crate::stack::StackAction;
use crate::state::Deployment;

/// The schema version of `docs/schema/deployment.json`.
const SCHEMA: u8 = 1;

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum DocumentKind {
    Plan,
    Result,
}

/// The plan or result of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentReport {
    schema: u8,
    kind: DocumentKind,
    /// The ID of the organization. Absent for a single account.
    organization: Option<String>,
    account: String,
    /// Whether each account has its own functions, or the deploying account has them.
    functions: &'static str,
    release: String,
    architecture: &'static str,
    code_bucket_prefix: String,
    home_region: String,
    /// The canary unit of an organization, if it has one.
    canary: Option<DocumentCanary>,
    regions: Vec<String>,
    steps: Vec<Step>,
    accounts: DocumentAccounts,
    places: Vec<ReportedPlace>,
    /// Failures in the deploying account, and failed reads.
    problems: Vec<String>,
    /// What service control policies deny, one line each, or why that is not known. Absent for a
    /// single account, and if nothing changes.
    denials: Option<Vec<String>>,
    /// Drift in the accounts of an organization. Absent for a single account.
    drift: Option<Drift>,
}

/// The canary unit of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct DocumentCanary {
    unit: String,
    accounts: Vec<String>,
    /// The release of all other accounts.
    other_accounts_release: String,
}

/// Drift in the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Drift {
    /// The oldest drift detection of all stacks in accounts. Absent if a stack was not checked.
    checked_at: Option<String>,
    places: Vec<ReportedPlace>,
}

/// A step in a Region of the deploying account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Step {
    what: String,
    account: String,
    region: String,
    action: &'static str,
    /// In a plan, the current status in AWS. In a result, `done`, `failed`, or `left` if it cannot
    /// be reached.
    state: Option<String>,
    reason: Option<String>,
    /// Whether some resources cannot be reached and remain.
    #[serde(skip)]
    is_left: bool,
}

/// The number of accounts by state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct DocumentAccounts {
    total: usize,
    covered: usize,
    scanned: usize,
    not_checked: usize,
    skipped: BTreeMap<&'static str, usize>,
    failed: usize,
}

/// A place with a problem, or in which nothing needs to be deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ReportedPlace {
    account: Option<String>,
    region: Option<String>,
    state: &'static str,
    what: String,
    reason: String,
}

impl DeploymentReport {
    /// Creates the document of a plan.
    pub(crate) fn plan(deployment: &Deployment) -> Self {
        let target = &deployment.target;
        let mut report = Self {
            schema: SCHEMA,
            kind: DocumentKind::Plan,
            organization: target.organization.as_ref().map(|one| one.id.clone()),
            account: target.account.as_str().to_owned(),
            functions: if is_central(&deployment.parameters) { CENTRAL } else { OWN },
            release: deployment.source.release.name.clone(),
            architecture: deployment.source.release.architecture,
            code_bucket_prefix: deployment.prefix().to_owned(),
            home_region: target.home_region.clone(),
            canary: deployment.canary.as_ref().map(|canary| DocumentCanary {
                unit: canary.unit.clone(),
                accounts: canary.accounts.iter().cloned().collect(),
                other_accounts_release: deployment.central_release().to_owned(),
            }),
            regions: target.regions.clone(),
            steps: steps(deployment),
            accounts: DocumentAccounts::default(),
            places: Vec::new(),
            problems: deployment.replaced(),
            denials: deployment.denials.as_ref().map(PlannedDenials::lines),
            drift: None,
        };
        if !deployment.source.only_code {
            report.cover(&deployment.coverage());
        }
        report
    }

    /// Turns the plan into the result.
    pub(crate) fn finish(&mut self, applied: &Applied) {
        self.kind = DocumentKind::Result;
        for step in &mut self.steps {
            let failed = applied.failed.iter().filter(|(region, _)| *region == step.region);
            let reasons: Vec<&str> = failed.map(|(_, reason)| reason.as_str()).collect();
            let state = match (reasons.is_empty(), step.is_left) {
                (false, _) => "failed",
                (true, true) => "left",
                (true, false) => "done",
            };
            step.state = Some(state.to_owned());
            if !step.is_left || !reasons.is_empty() {
                step.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
            }
        }
        let failed = applied.failed.iter().map(|(_, reason)| reason);
        self.problems = failed.chain(&applied.coverage.unread).cloned().collect();
        self.cover(&applied.coverage);
    }

    fn cover(&mut self, coverage: &OrganizationCoverage) {
        let counts = &coverage.accounts;
        self.accounts = DocumentAccounts {
            total: counts.total,
            covered: counts.covered,
            scanned: counts.scanned,
            not_checked: counts.not_checked,
            skipped: counts.skipped.iter().map(|(state, n)| (state.as_str(), *n)).collect(),
            failed: counts.failed,
        };
        let place = |place: &Place| ReportedPlace {
            account: place.account.clone(),
            region: place.region.clone(),
            state: place.state.as_str(),
            what: place.what.clone(),
            reason: place.reason.clone(),
        };
        self.places = coverage.places.iter().map(place).collect();
        let is_drifted = |place: &&Place| place.state == PlaceState::Drifted;
        self.drift = self.organization.as_ref().map(|_| Drift {
            checked_at: coverage.drift_checked.clone(),
            places: coverage.places.iter().filter(is_drifted).map(place).collect(),
        });
    }
}

/// Returns the name of the next action for a stack.
fn stack_word(action: StackAction) -> &'static str {
    match action {
        StackAction::Nothing => "nothing",
        StackAction::Wait => "wait",
        StackAction::Delete => "recreate",
        StackAction::ContinueRollback => "continue-rollback",
        StackAction::Create => "create",
        StackAction::Update => "update",
    }
}

/// Returns all steps, including those without a change.
fn steps(deployment: &Deployment) -> Vec<Step> {
    let step = |region: &str, what: String, action, state: Option<&str>| Step {
        what,
        account: deployment.target.account.as_str().to_owned(),
        region: region.to_owned(),
        action,
        state: state.map(str::to_owned),
        reason: None,
        is_left: false,
    };
    let upload = |is_lacking: bool| if is_lacking { "upload" } else { "nothing" };
    let mut steps = Vec::new();
    for state in &deployment.regions {
        let region = &state.region;
        let action = stack_word(deployment.stack_action(state));
        let status = state.stack.as_ref().map(|stack| stack.status.as_str());
        let mut stack = step(region, "stack plumbline".to_owned(), action, status);
        stack.reason.clone_from(&state.cause);
        steps.push(stack);
        let bucket = format!("bucket {}", deployment.bucket(region));
        steps.push(step(region, bucket, upload(!state.lacking.is_empty()), None));
        let is_home = *region == deployment.target.home_region;
        let project = deployment.reconciliation.stack.iter().filter(|_| is_home);
        for central in state.central.iter().chain(project) {
            let status = central.held.as_ref().map(|held| held.status.as_str());
            let what = format!("stack {}", central.name);
            let mut stack = step(region, what, stack_word(central.action()), status);
            stack.reason.clone_from(&central.cause);
            steps.push(stack);
        }
        steps.extend(
            state
                .former_central
                .iter()
                .map(|name| step(region, format!("stack {name}"), "delete", None)),
        );
        if is_home && deployment.reconciliation.is_former {
            steps.push(step(region, format!("stack {RECONCILE_STACK}"), "delete", None));
        }
        if is_home {
            let is_put = !deployment.registers.are_kept();
            steps.push(step(region, "register".to_owned(), upload(is_put), None));
        }
        for pack in &state.packs {
            let action = match pack.action() {
                PackAction::Nothing if pack.held.is_none() => continue,
                PackAction::Nothing => "nothing",
                PackAction::Wait => "wait",
                PackAction::Put if pack.held.is_none() => "create",
                PackAction::Put => "update",
                PackAction::Delete => "delete",
            };
            let status = pack.held.as_ref().map(|held| held.status.as_str());
            let mut put = step(region, format!("organization pack {}", pack.name), action, status);
            put.reason = pack.held.as_ref().and_then(|held| held.reason.clone());
            steps.push(put);
        }
    }
    for removed in &deployment.removed {
        let mut delete = step(&removed.region, "Region".to_owned(), "delete", None);
        delete.reason = removed.unreached();
        delete.is_left = delete.reason.is_some();
        steps.push(delete);
    }
    steps
}
