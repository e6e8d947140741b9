//! From facts to evaluations. The engine handles what all controls share: facts that are missing or
//! could not be had, accounts without resources, configuration items, attestations and exceptions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::answer::{Cause, ReadError};
use crate::assess::{Answers, item_resource};
use crate::benchmark::Scope;
use crate::control::{ConfiguredControl, Control};
use crate::evaluation::{
    Assessed, Compliance, Evaluation, NotAssessed, REASON_LIMIT, ResourceRef, Verdict,
};
use crate::evidence::Evidence;
use crate::example::Example;
use crate::fact::{Facts, Key};
use crate::facts::{Buckets, EnabledRegions, FactKind};
use crate::item::ConfigurationItem;
use crate::parameters::NotAssessedAs;
use crate::register::Register;
use crate::text::shorten;
use crate::time::seconds;
use crate::view::{Context, IsOver, View};

/// The answer for a fact that nobody recorded.
fn not_recorded(key: &Key) -> ReadError {
    let operation = key.kind.reads().first().map_or("", |read| read.name);
    ReadError {
        message: format!("{key} is not recorded"),
        ..ReadError::new(operation, Cause::NotRecorded, "NotRecorded")
    }
}

/// What the run means for resources that were evaluated before and are not among its evaluations.
#[derive(Clone, Debug, PartialEq)]
pub enum Unseen {
    /// They are gone, or do not concern the control any more.
    Gone,
    /// Nobody knows: the resources could not be listed.
    Unknown(NotAssessed),
    /// The control is global and runs in another Region.
    Elsewhere,
    /// The run was not about them.
    Untouched,
}

/// A control's evaluations.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// One for each resource.
    pub evaluations: Vec<Evaluation>,
    /// What they mean for other resources.
    pub unseen: Unseen,
}

impl Outcome {
    /// What is published, with the places among the evaluations: failures first, then what was not
    /// assessed, passes last, so that passes are missing when the time does not suffice for all.
    /// AWS Config and Security Hub have one result for each resource, whatever its Region: of
    /// several evaluations of the account, one for each Region that is not enabled, the most urgent
    /// is published.
    pub fn by_urgency(&self) -> Vec<(usize, &Evaluation)> {
        let urgency = |evaluation: &Evaluation| match evaluation.compliance {
            Compliance::NonCompliant => 0,
            Compliance::NotAssessed => 1,
            Compliance::Waived | Compliance::NotApplicable => 2,
            Compliance::Compliant => 3,
        };
        let mut results: Vec<(usize, &Evaluation)> = self.evaluations.iter().enumerate().collect();
        results.sort_by_key(|(_, evaluation)| urgency(evaluation));
        let mut seen = BTreeSet::new();
        results.retain(|(_, evaluation)| {
            let ResourceRef { resource_type, resource_id, .. } = &evaluation.resource;
            seen.insert((resource_type, resource_id))
        });
        results
    }

    /// The failure that kept the control from assessing anything at all, when there is one. A
    /// missing attestation is none.
    pub fn failure(&self) -> Option<&NotAssessed> {
        let failed = |evaluation: &Evaluation| {
            !matches!(
                evaluation.not_assessed.as_deref(),
                None | Some(NotAssessed::NeedsAttestation(_))
            )
        };
        if self.evaluations.iter().all(failed) {
            self.evaluations.first().and_then(|evaluation| evaluation.not_assessed.as_deref())
        } else {
            None
        }
    }
}

/// How far a control came with the facts at hand.
#[derive(Clone, Debug, PartialEq)]
pub enum Round {
    /// It wants these facts.
    Needs(BTreeSet<Key>),
    /// It is done.
    Done(Outcome),
}

/// A control that is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The control with its parameters.
    pub control: &'a ConfiguredControl,
    /// Where and when.
    pub context: &'a Context,
    /// Attestations and exceptions.
    pub register: &'a Register,
    /// The changed resource; everything when there is none.
    pub item: Option<&'a ConfigurationItem>,
}

impl Job<'_> {
    /// Decides with the facts at hand.
    pub fn step(&self, facts: &Facts) -> Round {
        self.step_until(facts, None)
    }

    /// Decides with the facts at hand while there is time.
    pub fn step_until(&self, facts: &Facts, is_over: Option<IsOver<'_>>) -> Round {
        let control = self.control.control();
        if control.scope == Scope::Global && self.context.region != self.context.home_region {
            return Round::Done(Outcome {
                evaluations: vec![
                    self.evaluation_of(self.context.account_resource(), Ok(self.elsewhere())),
                ],
                unseen: Unseen::Elsewhere,
            });
        }
        let view = View::new(self.context, facts, control.facts, control.scope).until(is_over);
        let answers = self.control.assess(&view, self.item);
        let is_home_run = self.item.is_none() && self.context.region == self.context.home_region;
        let beyond = if is_home_run { self.beyond(&view) } else { Ok(Vec::new()) };
        let missing = view.into_missing();
        if !missing.is_empty() {
            return Round::Needs(missing);
        }
        let whole = if self.item.is_some() { Unseen::Untouched } else { Unseen::Gone };
        let (assessed, unseen) = match answers {
            Ok(Answers { assessed, incomplete }) => {
                (assessed, incomplete.map_or(whole, Unseen::Unknown))
            }
            Err(why) => {
                let (resource, unseen) = match self.item {
                    Some(item) => (item_resource(item, self.context), whole),
                    None => (self.context.account_resource(), Unseen::Unknown(why.clone())),
                };
                (vec![(resource, Err(why))], unseen)
            }
        };
        let evaluations = assessed
            .into_iter()
            .map(|(resource, assessed)| self.evaluation_of(resource, assessed))
            .collect();
        let mut outcome = Outcome { evaluations, unseen };
        self.note(&mut outcome, beyond);
        Round::Done(outcome)
    }

    /// Decides with the facts at hand and no others: those that are not there count as not
    /// recorded.
    pub fn decide(&self, facts: &Facts) -> Outcome {
        let mut missing = match self.step(facts) {
            Round::Done(outcome) => return outcome,
            Round::Needs(missing) => missing,
        };
        let mut facts = facts.clone();
        loop {
            facts.extend(missing.into_iter().map(|key| {
                let unread = not_recorded(&key);
                (key, Err(unread))
            }));
            match self.step(&facts) {
                Round::Done(outcome) => return outcome,
                Round::Needs(more) => missing = more,
            }
        }
    }

    /// The evaluation of a resource that was evaluated earlier and is not among the evaluations of
    /// a run; nothing when the run was not about it.
    pub fn unseen(&self, outcome: &Outcome, resource: ResourceRef) -> Option<Evaluation> {
        let assessed = match &outcome.unseen {
            Unseen::Untouched => return None,
            Unseen::Elsewhere => Ok(self.elsewhere()),
            Unseen::Gone => Ok(Verdict::not_applicable(
                "The resource is gone, or the control does not concern it any more.",
            )),
            Unseen::Unknown(why) => Err(why.clone()),
        };
        Some(self.evaluation_of(resource, assessed))
    }

    /// Marks a run as incomplete: there may be more to evaluate in Regions that it did not see. The
    /// account becomes not assessed, unless it fails already. What the run means for the resources
    /// of its own Region does not change.
    pub fn mark_incomplete(&self, outcome: &mut Outcome, why: &NotAssessed) {
        let incomplete = self.not_assessed(self.context.account_resource(), why.clone());
        match outcome
            .evaluations
            .iter_mut()
            .find(|evaluation| evaluation.resource == incomplete.resource)
        {
            Some(evaluation) if evaluation.compliance == Compliance::NonCompliant => {}
            Some(evaluation) => *evaluation = incomplete,
            None => outcome.evaluations.push(incomplete),
        }
    }

    /// Notes in a run which Regions with buckets are not enabled, or were not recorded. The run in
    /// the home Region does so by itself.
    pub fn note_beyond(&self, outcome: &mut Outcome, facts: &Facts) {
        let control = self.control.control();
        let view = View::new(self.context, facts, control.facts, control.scope);
        self.note(outcome, self.beyond(&view));
    }

    /// The Regions that hold buckets and are not enabled, each with what that means for a control
    /// over the buckets of each Region. Buckets remain when a Region is disabled. No function runs
    /// there, and nothing of them can be read.
    fn beyond(&self, view: &View<'_>) -> Result<Vec<(String, NotAssessed)>, NotAssessed> {
        let control = self.control.control();
        if control.scope == Scope::Global || !control.facts.contains(&FactKind::EnabledRegions) {
            return Ok(Vec::new());
        }
        // Where they cannot be listed the control itself says so.
        let Ok(Buckets(buckets)) = view.account::<Buckets>() else { return Ok(Vec::new()) };
        let mut elsewhere = buckets
            .iter()
            .filter(|bucket| bucket.unlocated.is_none() && bucket.region != self.context.region)
            .peekable();
        if elsewhere.peek().is_none() {
            return Ok(Vec::new());
        }
        let EnabledRegions(enabled) = view.account()?;
        let mut first = BTreeMap::new();
        for bucket in elsewhere.filter(|bucket| !enabled.contains(&bucket.region)) {
            first.entry(&bucket.region).or_insert(&bucket.name);
        }
        let noted = first.into_iter().map(|(region, bucket)| {
            let why = format!(
                "bucket {bucket} is in {region}, which is not enabled or was not recorded: nothing \
                 of it is known."
            );
            (region.clone(), NotAssessed::Undetermined(why))
        });
        Ok(noted.collect())
    }

    /// Notes what is beyond: the account is not assessed in Regions that are not enabled, and where
    /// it is not known which these are, in the Region of the run.
    fn note(&self, outcome: &mut Outcome, beyond: Result<Vec<(String, NotAssessed)>, NotAssessed>) {
        match beyond {
            Ok(regions) => outcome.evaluations.extend(regions.into_iter().map(|(region, why)| {
                let there = ResourceRef { region, ..self.context.account_resource() };
                self.not_assessed(there, why)
            })),
            Err(why) => self.mark_incomplete(outcome, &why),
        }
    }

    fn elsewhere(&self) -> Verdict {
        Verdict::not_applicable(format!(
            "Global controls are evaluated in {} only, not in {}.",
            self.context.home_region, self.context.region
        ))
    }

    /// The outcome for a resource that was deleted.
    pub fn deleted(&self, resource: ResourceRef) -> Outcome {
        self.single(resource, Verdict::not_applicable("The resource was deleted."))
    }

    /// The outcome for a resource of a type that the control is not about.
    pub fn out_of_scope(&self, resource: ResourceRef) -> Outcome {
        let control = self.control.control();
        let reason = match control.change_type() {
            Some(expected) => format!(
                "Control {} is about {expected}, not about {}.",
                control.id, resource.resource_type
            ),
            None => {
                format!("Control {} is not triggered by changes: it runs periodically.", control.id)
            }
        };
        self.single(resource, Verdict::not_applicable(reason))
    }

    /// The evaluation of a resource that cannot be assessed for a reason from outside.
    pub fn not_assessed(&self, resource: ResourceRef, why: NotAssessed) -> Evaluation {
        self.evaluation_of(resource, Err(why))
    }

    fn single(&self, resource: ResourceRef, verdict: Verdict) -> Outcome {
        Outcome {
            evaluations: vec![self.evaluation_of(resource, Ok(verdict))],
            unseen: Unseen::Untouched,
        }
    }

    fn evaluation_of(&self, resource: ResourceRef, assessed: Assessed) -> Evaluation {
        let id = self.control.control().id;
        let assessed = self.register.attest(id, self.context, assessed);
        let mut holders = None;
        let mut evaluation = match assessed {
            Ok(verdict) => {
                let Verdict { compliance, reason, detail, evidence, code, as_of, .. } = verdict;
                holders = verdict.holders;
                let attested = verdict.attested;
                let is_failure = compliance == Compliance::NonCompliant;
                let remedy = verdict.remedy.filter(|_| is_failure);
                let reason = match as_of {
                    Some(time) => {
                        format!("{} (as of {}).", reason.trim_end_matches('.'), seconds(time))
                    }
                    None => reason,
                };
                Evaluation {
                    resource,
                    compliance,
                    reason,
                    evidence,
                    detail,
                    code: code.map(Cow::Borrowed),
                    as_of,
                    not_assessed: None,
                    waiver: None,
                    attested,
                    remedy,
                    exceptions: Vec::new(),
                }
            }
            Err(why) => not_assessed_evaluation(resource, why, self.control.not_assessed_as()),
        };
        self.register.waive(id, self.context, &mut evaluation, holders.as_deref());
        evaluation.detail = evaluation.detail.or_else(|| {
            (evaluation.reason.chars().count() > REASON_LIMIT).then(|| evaluation.reason.clone())
        });
        evaluation.reason = shorten(&evaluation.reason, REASON_LIMIT);
        evaluation
    }
}

fn not_assessed_evaluation(
    resource: ResourceRef,
    why: NotAssessed,
    not_assessed_as: NotAssessedAs,
) -> Evaluation {
    let evidence = match &why {
        // The request id is in the log: here it would make each run's finding a new one.
        NotAssessed::ReadFailed(unread) | NotAssessed::UnlessAttested(unread) => {
            serde_json::json!({ "operation": unread.operation, "cause": unread.cause,
                "code": unread.code })
            .into()
        }
        NotAssessed::Missing
        | NotAssessed::Undetermined(_)
        | NotAssessed::TooComplex
        | NotAssessed::OutOfTime
        | NotAssessed::Internal
        | NotAssessed::NeedsAttestation(_) => Evidence::none(),
    };
    let (compliance, reason) = match not_assessed_as {
        NotAssessedAs::NotApplicable => (Compliance::NotAssessed, why.reason()),
        NotAssessedAs::NonCompliant => (
            Compliance::NonCompliant,
            format!("{} It counts as non-compliant (notAssessedAs).", why.reason()),
        ),
    };
    let detail = match &why {
        NotAssessed::ReadFailed(unread) if !unread.message.is_empty() => {
            Some(format!("{} AWS said: {}", why.reason(), unread.message))
        }
        _ => None,
    };
    Evaluation {
        resource,
        compliance,
        reason,
        evidence,
        detail,
        code: Some(why.code().into()),
        as_of: None,
        not_assessed: Some(Box::new(why)),
        waiver: None,
        attested: None,
        remedy: None,
        exceptions: Vec::new(),
    }
}

impl Example {
    /// Runs the control on the situation. Facts that the situation lacks count as not recorded.
    pub fn run(&self, control: &'static Control) -> Result<Outcome, String> {
        let control =
            control.configure(self.parameters.clone()).map_err(|error| error.to_string())?;
        let job =
            Job { control: &control, context: &self.context, register: &self.register, item: None };
        Ok(job.decide(&self.facts))
    }

    /// What differs from what is expected; nothing when all is as it should be.
    pub fn differences(&self, control: &'static Control) -> Vec<String> {
        let outcome = match self.run(control) {
            Ok(outcome) => outcome,
            Err(error) => return vec![error],
        };
        let mut differences = Vec::new();
        if outcome.evaluations.len() != self.expected.len() {
            differences.push(format!(
                "expected {} evaluations, got {:#?}",
                self.expected.len(),
                outcome.evaluations
            ));
        }
        for expected in &self.expected {
            let is_as_expected = |found: &&Evaluation| {
                found.compliance == expected.compliance && found.reason.contains(&expected.reason)
            };
            let mut found = outcome
                .evaluations
                .iter()
                .filter(|evaluation| evaluation.resource.resource_id == expected.resource_id);
            match found.clone().find(is_as_expected).or_else(|| found.next()) {
                None => differences.push(format!("no evaluation of {}", expected.resource_id)),
                Some(found) if !is_as_expected(&found) => differences.push(format!(
                    "{}: expected {} with \"{}\", got {} with \"{}\"",
                    expected.resource_id,
                    expected.compliance,
                    expected.reason,
                    found.compliance,
                    found.reason
                )),
                Some(_) => {}
            }
        }
        differences
    }
}
