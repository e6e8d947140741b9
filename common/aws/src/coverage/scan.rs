//! A scan of the controls of a Region that have no rules.

use plumbline_core::answer::Cause;
use plumbline_core::benchmark::ControlId;
use plumbline_core::control::ConfiguredControl;
use plumbline_core::coverage::{CoverageState, PlaceCoverage, ScannedControl};
use plumbline_core::engine::{Job, Outcome, Unseen};
use plumbline_core::evaluation::{Counts, NotAssessed};
use plumbline_core::register::Register;
use plumbline_core::view::Context;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::publish::security_hub::{self, HubAnswer, Import};
use crate::reader::Reader;

/// A control that was evaluated in a Region.
pub(super) struct ScannedRun {
    pub(super) control: ConfiguredControl,
    pub(super) context: Context,
    pub(super) outcome: Outcome,
}

/// The result of the scan of a Region.
pub(super) struct RegionScan {
    pub(super) region: String,
    pub(super) runs: Vec<ScannedRun>,
    /// The controls that have to be evaluated again, because something was not read in time.
    pub(super) unfinished: Vec<ControlId>,
    /// What happened to the findings.
    pub(super) findings: ImportedFindings,
}

/// What happened to the findings of a Region.
#[derive(Default)]
pub(super) struct ImportedFindings {
    is_without_hub: bool,
    failures: Vec<String>,
}

/// The settings of a scan, except controls and Region.
#[derive(Clone)]
pub(super) struct RegionScanner {
    pub(super) reader: Reader,
    pub(super) register: Register,
    pub(super) base: Context,
    /// Whether findings go to Security Hub.
    pub(super) imports: bool,
    /// When publishing ends.
    pub(super) until: Option<Instant>,
    /// Whether this is the last round: then results that were not read in time are published as
    /// such.
    pub(super) is_last: bool,
}

impl RegionScanner {
    /// Evaluates controls in a Region, all at the same time, and imports their findings.
    pub(super) async fn scan(self, region: String, controls: Vec<ConfiguredControl>) -> RegionScan {
        let mut tasks = JoinSet::new();
        for (at, control) in controls.iter().cloned().enumerate() {
            let (reader, register) = (self.reader.clone(), self.register.clone());
            let context = Context { region: region.clone(), ..self.base.clone() };
            tasks.spawn(async move {
                let job =
                    Job { control: &control, context: &context, register: &register, item: None };
                let outcome = reader.complete(&job).await;
                (at, ScannedRun { control, context, outcome })
            });
        }
        let mut runs = Vec::new();
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok(run) => runs.push(run),
                Err(error) => tracing::error!(region, %error, "an evaluation ended in a panic"),
            }
        }
        runs.sort_by_key(|(at, _)| *at);
        let runs: Vec<ScannedRun> = runs.into_iter().map(|(_, run)| run).collect();
        let is_done = |id: ControlId| {
            runs.iter().any(|run| run.control.control().id == id && !is_out_of_time(&run.outcome))
        };
        let ids = controls.iter().map(|control| control.control().id);
        let unfinished = ids.filter(|id| !is_done(*id)).collect();
        let findings =
            if self.imports { self.import(&runs).await } else { ImportedFindings::default() };
        RegionScan { region, runs, unfinished, findings }
    }

    /// The part of an outcome to publish, without what the next round reads.
    fn reached(&self, outcome: &Outcome) -> Outcome {
        let mut reached = outcome.clone();
        if !self.is_last && is_out_of_time(outcome) {
            reached.evaluations.retain(|one| !one.not_assessed.as_deref().is_some_and(is_of_time));
            reached.unseen = Unseen::Untouched;
        }
        reached
    }

    async fn import(&self, runs: &[ScannedRun]) -> ImportedFindings {
        let mut imported = ImportedFindings::default();
        for ScannedRun { control, context, outcome } in runs {
            let job = Job { control, context, register: &self.register, item: None };
            let import = Import { ordering: context.now, taken: None, until: self.until };
            let session = self.reader.session();
            let reached = self.reached(outcome);
            match security_hub::publish(session, &job, &reached, &import).await {
                HubAnswer::NotEnabled => {
                    imported.is_without_hub = true;
                    return imported;
                }
                HubAnswer::Published(published) if published.failures.is_empty() => {}
                HubAnswer::Published(published) => {
                    let (id, failures) = (control.control().id, published.failure_text());
                    imported.failures.push(format!("{id}: {failures}"));
                }
            }
        }
        imported
    }
}

impl RegionScan {
    /// Adds the results of the scan to a Region.
    pub(super) fn note(&self, place: &mut PlaceCoverage) {
        let scanned = self.runs.iter().map(|run| {
            let counts = Counts::of(&run.outcome.evaluations);
            ScannedControl {
                id: run.control.control().id.to_string(),
                status: counts.worst(),
                counts,
            }
        });
        place.add_scanned(scanned.collect());
        // What was not read in time is read in the next round.
        if let Some(cause) = nothing_was_read(&self.runs).filter(|one| *one != Cause::OutOfTime) {
            let state = match cause {
                Cause::Denied => CoverageState::RoleBroken,
                _ => CoverageState::Failed,
            };
            place.fail(state, "no AWS call of the scan succeeded");
        }
        if self.findings.is_without_hub {
            let note = "Security Hub is not enabled, so no findings are imported";
            place.reason = Some(match place.reason.take() {
                Some(reason) => format!("{reason}; {note}"),
                None => note.to_owned(),
            });
        }
        if let Some(first) = self.findings.failures.first() {
            let others = self.findings.failures.len() - 1;
            let others = if others > 0 { format!(" (and {others} others)") } else { String::new() };
            let reason = format!("findings were not imported: {first}{others}");
            place.fail(CoverageState::Failed, &reason);
        }
    }
}

fn is_of_time(why: &NotAssessed) -> bool {
    matches!(why, NotAssessed::ReadFailed(error) | NotAssessed::UnlessAttested(error)
        if error.cause == Cause::OutOfTime)
}

/// Whether something was not read in time.
fn is_out_of_time(outcome: &Outcome) -> bool {
    outcome.evaluations.iter().any(|one| one.not_assessed.as_deref().is_some_and(is_of_time))
        || matches!(&outcome.unseen, Unseen::Unknown(why) if is_of_time(why))
}

/// Why nothing at all could be read; `None` if something was read, or nothing had to be read.
fn nothing_was_read(runs: &[ScannedRun]) -> Option<Cause> {
    let needs_reading = |run: &&ScannedRun| {
        run.outcome.evaluations.iter().any(|evaluation| {
            !matches!(evaluation.not_assessed.as_deref(), Some(NotAssessed::NeedsAttestation(_)))
        })
    };
    let mut cause = None;
    for run in runs.iter().filter(needs_reading) {
        match run.outcome.failure() {
            Some(NotAssessed::ReadFailed(error) | NotAssessed::UnlessAttested(error)) => {
                cause.get_or_insert(error.cause);
            }
            _ => return None,
        }
    }
    cause
}
