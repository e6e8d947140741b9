//! Publishes evaluations to AWS Security Hub as findings.

mod batch;
pub mod coverage;
mod known;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::{Compliance, Evaluation};
use plumbline_core::event::is_future;
use plumbline_core::finding::{Finding, RecordState, Stored, finding, id_prefix};
use tokio::time::Instant;

use self::batch::{Batch, import_all};
use self::known::{Known, KnownFindingsFailure, id_of, known, resource, worth_a_new_one};
use super::config_rule::{ConfigAnswer, Published};
use crate::session::Session;

/// The age at which an unchanged finding is imported again, so that Security Hub, which deletes
/// findings after 90 days, shows that it is still observed.
const REFRESH: TimeDelta = TimeDelta::hours(24);

/// The result of publishing to Security Hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubAnswer {
    /// Findings were published, or the failures are listed.
    Published(Published),
    /// Security Hub is not enabled in the Region.
    NotEnabled,
}

/// What a run imports, and what it omits.
pub struct Import<'a> {
    /// The time of the run's observations. Later observations in the hub stay: events can arrive
    /// late, and a resource can be created during a run.
    pub ordering: DateTime<Utc>,
    /// Whether AWS Config has the evaluation at a position. Without AWS Config, all evaluations
    /// count as accepted.
    pub taken: Option<&'a ConfigAnswer>,
    /// When the run has to end. Nothing is sent after it.
    pub until: Option<Instant>,
}

impl Import<'_> {
    /// Whether an evaluation can be imported. A pass that AWS Config did not accept is not
    /// imported: an unconfirmed result must not replace a failure.
    fn admits(&self, place: usize, evaluation: &Evaluation) -> bool {
        let is_taken = self.taken.is_none_or(|answer| answer.taken.get(place) == Some(&true));
        is_taken || is_bad(evaluation)
    }

    /// The same for an evaluation of a resource that the run did not see.
    fn admits_unseen(&self, evaluation: &Evaluation) -> bool {
        self.taken.is_none_or(ConfigAnswer::is_complete) || is_bad(evaluation)
    }
}

fn is_bad(evaluation: &Evaluation) -> bool {
    matches!(evaluation.compliance, Compliance::NonCompliant | Compliance::NotAssessed)
}

/// Imports the findings of a run into the hub of its account and Region if they are new, changed,
/// or due for a refresh. Findings of resources that no longer exist are archived.
pub async fn publish(
    session: &Session,
    job: &Job<'_>,
    outcome: &Outcome,
    import: &Import<'_>,
) -> HubAnswer {
    let known = match known(session, job, outcome, import.until).await {
        Ok(known) => known,
        Err(KnownFindingsFailure::NotEnabled) => return HubAnswer::NotEnabled,
        Err(KnownFindingsFailure::Failed(failure)) => {
            let failure = format!(
                "no finding was imported, because the existing findings could not be read: \
                 {failure}"
            );
            return HubAnswer::Published(Published {
                failures: vec![failure],
                ..Published::default()
            });
        }
    };
    let future = known
        .values()
        .filter(|known| known.stored.observed.is_some_and(|at| is_future(at, job.context.now)))
        .count();
    let mut published = Published { future, ..Published::default() };
    if future > 0 {
        tracing::warn!(
            findings = future,
            "existing findings have a date in the future: they count as not observed, and are \
             replaced"
        );
    }
    let mut batch = Batch::default();
    for finding in due(job, outcome, &known, import) {
        if let Some(full) = batch.add(finding) {
            import_all(session, &job.context.region, full, import.until, &mut published).await;
        }
    }
    import_all(session, &job.context.region, batch.findings, import.until, &mut published).await;
    HubAnswer::Published(published)
}

/// The findings to import, in order: failures first.
fn due<'a>(
    job: &'a Job<'_>,
    outcome: &'a Outcome,
    known: &'a BTreeMap<String, Known>,
    import: &'a Import<'_>,
) -> impl Iterator<Item = Finding> + 'a {
    let Job { control, context, .. } = job;
    let of = |evaluation: &Evaluation| {
        let mut finding = finding(control, context, evaluation);
        finding.observed(import.ordering);
        finding
    };
    let is_older = |stored: &Stored| {
        stored
            .observed
            .is_some_and(|observed| observed > import.ordering && !is_future(observed, context.now))
    };
    let seen: BTreeSet<String> =
        outcome.evaluations.iter().map(|evaluation| id_of(job, &evaluation.resource)).collect();
    let of_run = outcome.by_urgency().into_iter().filter_map(move |(place, evaluation)| {
        if !import.admits(place, evaluation) {
            return None;
        }
        let mut finding = of(evaluation);
        let stored = known.get(&finding.id).map(|known| &known.stored);
        if stored.is_some_and(is_older)
            || !is_due(&finding, stored, worth_a_new_one(evaluation), context.now)
        {
            return None;
        }
        if let Some(stored) = stored {
            finding.continue_from(stored, context.now);
        }
        Some(finding)
    });
    let prefix = id_prefix(control.control(), context);
    let unseen = known.iter().filter_map(move |(id, Known { stored, arn })| {
        let is_settled =
            seen.contains(id) || stored.record_state != RecordState::Active || is_older(stored);
        if is_settled {
            return None;
        }
        let evaluation = job.unseen(outcome, resource(id, arn.as_deref(), &prefix, context))?;
        let mut finding = of(&evaluation);
        finding.id.clone_from(id);
        if !import.admits_unseen(&evaluation) || !is_due(&finding, Some(stored), true, context.now)
        {
            return None;
        }
        finding.continue_from(stored, context.now);
        Some(finding)
    });
    of_run.chain(unseen)
}

fn is_due(
    finding: &Finding,
    stored: Option<&Stored>,
    worth_a_new_one: bool,
    now: DateTime<Utc>,
) -> bool {
    let Some(stored) = stored else { return worth_a_new_one };
    if stored.record_state != finding.record_state {
        return true;
    }
    let archived = finding.record_state == RecordState::Archived;
    let changed = stored.digest.as_deref() != finding.digest();
    match (archived, worth_a_new_one) {
        (true, false) => false,
        _ => changed || now - stored.last_observed_at >= REFRESH,
    }
}
