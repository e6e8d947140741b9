//! From facts to evaluations. The engine handles what all controls share: facts that are missing or
//! could not be had, accounts without resources, configuration items, attestations and exceptions.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};

use crate::aws::{AccountId, Partition};
use crate::control::{AccountControl, Control, ResourceControl, Scope};
use crate::evaluation::{
    ACCOUNT, Assessed, Compliance, Evaluation, NotAssessed, REASON_LIMIT, ResourceRef, Verdict,
    shorten,
};
use crate::fact::{Cause, FactType, Facts, Key, ReadError};
use crate::facts::FactKind;
use crate::item::ConfigurationItem;
use crate::parameters::{NotAssessedAs, ParameterError, ParameterSet, Values};
use crate::register::Register;
use crate::resource::Resource;
use crate::time::seconds;

/// Where and when an evaluation takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The account that is evaluated.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// The Region that is evaluated; the home Region for global controls.
    pub region: String,
    /// The Region in which global controls run.
    pub home_region: String,
    /// The time that counts as now.
    pub now: DateTime<Utc>,
}

impl Context {
    /// The account as a resource.
    pub fn account_resource(&self) -> ResourceRef {
        ResourceRef {
            resource_type: ACCOUNT.to_owned(),
            resource_id: self.account.to_string(),
            arn: None,
            region: self.region.clone(),
        }
    }
}

/// What a control sees: the facts that it declared, and where and when it runs.
pub struct View<'a> {
    context: &'a Context,
    facts: &'a Facts,
    declared: &'a [FactKind],
    scope: Scope,
    missing: RefCell<BTreeSet<Key>>,
}

impl<'a> View<'a> {
    /// A view of facts for a control.
    pub fn new(context: &'a Context, facts: &'a Facts, control: &'a Control) -> Self {
        Self {
            context,
            facts,
            declared: control.facts,
            scope: control.scope,
            missing: RefCell::default(),
        }
    }

    /// Where and when.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The time that counts as now.
    pub fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    /// A fact of the account.
    pub fn account<T: FactType>(&self) -> Result<&'a T, NotAssessed> {
        self.get(Key::account(T::KIND))
    }

    /// A fact of the Region that is evaluated.
    pub fn region<T: FactType>(&self) -> Result<&'a T, NotAssessed> {
        self.get(Key::region(T::KIND, self.context.region.as_str()))
    }

    /// A fact of a Region, which need not be the one that is evaluated.
    pub fn region_of<T: FactType>(&self, region: &str) -> Result<&'a T, NotAssessed> {
        self.get(Key::region(T::KIND, region))
    }

    /// A fact of the resource that is evaluated. When it turns out that the resource is gone, it
    /// gets no evaluation.
    pub fn resource<T: FactType>(&self, region: &str, id: &str) -> Result<&'a T, NotAssessed> {
        self.get(Key::resource(T::KIND, region, id))
    }

    /// A fact of another resource, on which the one that is evaluated depends. That the other one
    /// is gone leaves the verdict open.
    pub fn related<T: FactType>(&self, region: &str, id: &str) -> Result<&'a T, NotAssessed> {
        self.resource(region, id).map_err(|why| match why {
            NotAssessed::ReadFailed(unread) if unread.cause == Cause::NotFound => {
                NotAssessed::Undetermined(format!(
                    "{id} is referred to and does not exist ({unread})."
                ))
            }
            other => other,
        })
    }

    fn get<T: FactType>(&self, key: Key) -> Result<&'a T, NotAssessed> {
        if !self.declared.contains(&T::KIND) {
            return Err(NotAssessed::Undetermined(format!(
                "the control looks at {:?} without declaring it; please report this",
                T::KIND
            )));
        }
        match self.facts.get(&key) {
            Some(Ok(fact)) => T::of(fact).ok_or_else(|| {
                NotAssessed::Undetermined(format!(
                    "the fact {key} is of kind {:?}; please report this",
                    fact.kind()
                ))
            }),
            Some(Err(unread)) => Err(NotAssessed::ReadFailed(unread.clone())),
            None => {
                self.missing.borrow_mut().insert(key);
                Err(NotAssessed::Missing)
            }
        }
    }
}

/// The answer for a fact that nobody recorded.
fn not_recorded(key: &Key) -> ReadError {
    let operation = key.kind.reads().first().map_or("", |read| read.operation);
    ReadError {
        message: format!("{key} is not recorded"),
        ..ReadError::new(operation, Cause::NotRecorded, "NotRecorded")
    }
}

/// What a control's function answers.
#[derive(Debug)]
pub struct Answers {
    /// Each resource with its verdict.
    assessed: Vec<(ResourceRef, Assessed)>,
    /// Why there may be resources besides.
    incomplete: Option<NotAssessed>,
}

impl Answers {
    fn of(resource: ResourceRef, assessed: Assessed) -> Self {
        Self { assessed: vec![(resource, assessed)], incomplete: None }
    }
}

/// Why a control's function has no answers.
#[derive(Debug)]
pub enum NoAnswers {
    /// The resources could not be listed.
    NotListed(NotAssessed),
    /// A parameter is wrong.
    Parameters(ParameterError),
}

impl From<ParameterError> for NoAnswers {
    fn from(error: ParameterError) -> Self {
        Self::Parameters(error)
    }
}

/// A control's function: over everything that the view shows, or over the resource of one item.
pub type AssessFn =
    fn(&View<'_>, &Values, Option<&ConfigurationItem>) -> Result<Answers, NoAnswers>;

/// The function of a control over the account.
pub fn assess_account<C: AccountControl>(
    view: &View<'_>,
    values: &Values,
    _: Option<&ConfigurationItem>,
) -> Result<Answers, NoAnswers> {
    let parameters = C::Parameters::parse(values)?;
    Ok(Answers::of(view.context.account_resource(), C::evaluate(view, &parameters)))
}

/// The function of a control over each resource.
pub fn assess_each<C: ResourceControl>(
    view: &View<'_>,
    values: &Values,
    item: Option<&ConfigurationItem>,
) -> Result<Answers, NoAnswers> {
    let parameters = C::Parameters::parse(values)?;
    let assess = |resource: &C::Resource| match C::concerns(resource, view, &parameters) {
        Ok(true) => Some(C::evaluate(resource, view, &parameters)),
        Ok(false) => None,
        Err(not_assessed) => Some(Err(not_assessed)),
    };
    let list = || C::Resource::list(view).map_err(NoAnswers::NotListed);
    let answer = |resource: &C::Resource| {
        let assessed = if resource.is_own(view) { assess(resource) } else { None };
        assessed.map(|assessed| (resource.reference(view), assessed))
    };

    let Some(item) = item else {
        let mut listed = HashSet::new();
        let resources = list()?.into_iter().filter(|resource| listed.insert(resource.id()));
        let mut assessed: Vec<(ResourceRef, Assessed)> =
            resources.filter_map(answer).filter(|(_, assessed)| !is_gone(assessed)).collect();
        let unlisted = C::Resource::unlisted(view);
        let incomplete = unlisted.first().map(|(_, why)| why.clone());
        assessed.extend(unlisted.into_iter().map(|(resource, why)| (resource, Err(why))));
        if assessed.is_empty() {
            assessed.push((view.context.account_resource(), C::evaluate_none(view)));
        }
        return Ok(Answers { assessed, incomplete });
    };
    let answered = match C::Resource::from_item(item) {
        Some(resource) => answer(&resource),
        None => match list()?.into_iter().find(|resource| resource.id() == item.resource_id) {
            Some(resource) => answer(resource),
            // What is not on a list that may lack something can still be there.
            None => C::Resource::unlisted(view)
                .into_iter()
                .next()
                .map(|(_, why)| (item_resource(item, view.context), Err(why))),
        },
    };
    let (resource, assessed) = answered.unwrap_or_else(|| {
        let reason = format!(
            "It is not, or not any more, among the {} that the control evaluates.",
            C::Resource::NOUN.1
        );
        (item_resource(item, view.context), Ok(Verdict::not_applicable(reason)))
    });
    let assessed = if is_gone(&assessed) {
        Ok(Verdict::not_applicable("The resource was deleted before it could be read."))
    } else {
        assessed
    };
    Ok(Answers::of(resource, assessed))
}

fn is_gone(assessed: &Assessed) -> bool {
    matches!(assessed, Err(NotAssessed::ReadFailed(unread)) if unread.cause == Cause::NotFound)
}

/// The resource of an item, in the Region of the evaluation.
pub fn item_resource(item: &ConfigurationItem, context: &Context) -> ResourceRef {
    ResourceRef {
        resource_type: item.resource_type.clone(),
        resource_id: item.resource_id.clone(),
        arn: item.arn.clone(),
        region: context.region.clone(),
    }
}

/// The reason where there is nothing to evaluate.
pub fn nothing_there<R: Resource>(view: &View<'_>) -> String {
    let place = match view.scope {
        Scope::Global => "this account",
        Scope::Regional => view.context.region.as_str(),
    };
    format!("There are no {} to evaluate in {place}.", R::NOUN.1)
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
    /// The failure that kept the control from assessing anything at all, when there is one. A
    /// missing attestation is none.
    pub fn failure(&self) -> Option<&NotAssessed> {
        let failed = |evaluation: &Evaluation| {
            !matches!(evaluation.not_assessed, None | Some(NotAssessed::NeedsAttestation(_)))
        };
        if self.evaluations.iter().all(failed) {
            self.evaluations.first().and_then(|evaluation| evaluation.not_assessed.as_ref())
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
    /// The control.
    pub control: &'static Control,
    /// Where and when.
    pub context: &'a Context,
    /// Its parameters, checked by [`Control::check_parameters`].
    pub parameters: &'a Values,
    /// Attestations and exceptions.
    pub register: &'a Register,
    /// The changed resource; everything when there is none.
    pub item: Option<&'a ConfigurationItem>,
}

impl Job<'_> {
    /// Decides with the facts at hand.
    pub fn step(&self, facts: &Facts) -> Result<Round, ParameterError> {
        let common = self.control.check_parameters(self.parameters)?;
        if self.control.scope == Scope::Global && self.context.region != self.context.home_region {
            let account = self.context.account_resource();
            let verdict = Ok(Verdict::not_applicable(self.elsewhere()));
            return Ok(Round::Done(Outcome {
                evaluations: vec![self.evaluation(account, verdict, common.not_assessed_as)],
                unseen: Unseen::Elsewhere,
            }));
        }
        let view = View::new(self.context, facts, self.control);
        let answers = (self.control.run.assess)(&view, self.parameters, self.item);
        let missing = view.missing.into_inner();
        if !missing.is_empty() {
            return Ok(Round::Needs(missing));
        }
        let whole = if self.item.is_some() { Unseen::Untouched } else { Unseen::Gone };
        let (answers, unseen) = match answers {
            Ok(Answers { assessed, incomplete }) => {
                (assessed, incomplete.map_or(whole, Unseen::Unknown))
            }
            Err(NoAnswers::Parameters(error)) => return Err(error),
            Err(NoAnswers::NotListed(why)) => {
                let (resource, unseen) = match self.item {
                    Some(item) => (item_resource(item, self.context), whole),
                    None => (self.context.account_resource(), Unseen::Unknown(why.clone())),
                };
                (vec![(resource, Err(why))], unseen)
            }
        };
        let evaluations = answers
            .into_iter()
            .map(|(resource, assessed)| self.evaluation(resource, assessed, common.not_assessed_as))
            .collect();
        Ok(Round::Done(Outcome { evaluations, unseen }))
    }

    /// Decides with the facts at hand and no others: those that are not there count as not
    /// recorded.
    pub fn decide(&self, facts: &Facts) -> Result<Outcome, ParameterError> {
        let mut missing = match self.step(facts)? {
            Round::Done(outcome) => return Ok(outcome),
            Round::Needs(missing) => missing,
        };
        let mut facts = facts.clone();
        loop {
            facts.extend(missing.into_iter().map(|key| {
                let unread = not_recorded(&key);
                (key, Err(unread))
            }));
            match self.step(&facts)? {
                Round::Done(outcome) => return Ok(outcome),
                Round::Needs(more) => missing = more,
            }
        }
    }

    /// What is to be said of a resource that was evaluated earlier and is not among the evaluations
    /// of a run; nothing when the run was not about it.
    pub fn unseen(
        &self,
        outcome: &Outcome,
        resource: ResourceRef,
    ) -> Result<Option<Evaluation>, ParameterError> {
        let gone = || {
            Verdict::not_applicable(
                "The resource is gone, or the control does not concern it any more.",
            )
        };
        match &outcome.unseen {
            Unseen::Untouched => Ok(None),
            Unseen::Elsewhere => {
                self.tell(resource, Ok(Verdict::not_applicable(self.elsewhere()))).map(Some)
            }
            Unseen::Gone => self.tell(resource, Ok(gone())).map(Some),
            Unseen::Unknown(why) => self.not_assessed(resource, why.clone()).map(Some),
        }
    }

    /// Says of a run that there may be more to evaluate in Regions that it did not see, on the
    /// account, where a failure stays what it is. What it means for the resources of its own Region
    /// does not change.
    pub fn may_lack(&self, outcome: &mut Outcome, why: &NotAssessed) -> Result<(), ParameterError> {
        let told = self.not_assessed(self.context.account_resource(), why.clone())?;
        match outcome.evaluations.iter_mut().find(|evaluation| evaluation.resource == told.resource)
        {
            Some(evaluation) if evaluation.compliance == Compliance::NonCompliant => {}
            Some(evaluation) => *evaluation = told,
            None => outcome.evaluations.push(told),
        }
        Ok(())
    }

    fn elsewhere(&self) -> String {
        format!(
            "Global controls are evaluated in {} only, not in {}.",
            self.context.home_region, self.context.region
        )
    }

    /// The outcome for a resource that left the rule's scope or was deleted.
    pub fn left(&self, resource: ResourceRef) -> Result<Outcome, ParameterError> {
        self.tell_one(
            resource,
            Verdict::not_applicable(
                "The resource was deleted, left the rule's \
                 scope, or is not recorded by AWS Config any more.",
            ),
        )
    }

    /// The outcome for a resource of a type that the control is not about.
    pub fn out_of_scope(&self, resource: ResourceRef) -> Result<Outcome, ParameterError> {
        let reason = match self.control.change_type() {
            Some(expected) => format!(
                "Control {} is about {expected}, not about {}.",
                self.control.id, resource.resource_type
            ),
            None => format!(
                "Control {} is not triggered by changes: it runs periodically.",
                self.control.id
            ),
        };
        self.tell_one(resource, Verdict::not_applicable(reason))
    }

    /// The evaluation of a resource that cannot be assessed for a reason from outside.
    pub fn not_assessed(
        &self,
        resource: ResourceRef,
        why: NotAssessed,
    ) -> Result<Evaluation, ParameterError> {
        self.tell(resource, Err(why))
    }

    fn tell_one(&self, resource: ResourceRef, verdict: Verdict) -> Result<Outcome, ParameterError> {
        Ok(Outcome {
            evaluations: vec![self.tell(resource, Ok(verdict))?],
            unseen: Unseen::Untouched,
        })
    }

    fn tell(
        &self,
        resource: ResourceRef,
        assessed: Assessed,
    ) -> Result<Evaluation, ParameterError> {
        let common = self.control.check_parameters(self.parameters)?;
        Ok(self.evaluation(resource, assessed, common.not_assessed_as))
    }

    fn evaluation(
        &self,
        resource: ResourceRef,
        assessed: Assessed,
        not_assessed_as: NotAssessedAs,
    ) -> Evaluation {
        let assessed = self.register.attest(self.control, self.context, assessed);
        let mut evaluation = match assessed {
            Ok(Verdict { compliance, reason, detail, evidence, code, as_of, attestable: _ }) => {
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
                    code,
                    as_of,
                    not_assessed: None,
                    waiver: None,
                }
            }
            Err(why) => not_assessed_evaluation(resource, why, not_assessed_as),
        };
        self.register.waive(self.control, self.context, &mut evaluation);
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
        }
        NotAssessed::Missing | NotAssessed::Undetermined(_) | NotAssessed::NeedsAttestation(_) => {
            serde_json::json!({})
        }
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
        code: Some(why.code()),
        as_of: None,
        not_assessed: Some(why),
        waiver: None,
    }
}
