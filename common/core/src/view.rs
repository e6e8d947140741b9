//! The input of a control.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::answer::{Cause, ReadError};
use crate::aws::{AccountId, Partition};
use crate::benchmark::Scope;
use crate::evaluation::{ACCOUNT, NotAssessed, ResourceRef};
use crate::fact::{Facts, Key};
use crate::facts::{FactKind, FactType};
use crate::glob::SearchLimit;

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
    /// The time that counts as the current time.
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

/// The work on policies in one run of a control, in state words of a search. With the CPU share
/// that AWS Lambda gives to 256 MB, it takes less than half of a function's time: see
/// `docs/operate/performance.md`. It is not a time limit, so a verdict does not depend on the
/// machine.
pub const WORK_IN_A_RUN: u64 = 800_000_000;

/// Returns whether the time for decisions is over.
pub type IsOver<'a> = &'a dyn Fn() -> bool;

/// The input of a control: the facts that it declared, and where and when it runs.
pub struct View<'a> {
    context: &'a Context,
    facts: &'a Facts,
    declared: &'a [FactKind],
    scope: Scope,
    missing: RefCell<BTreeSet<Key>>,
    /// The work that remains, and how much of it one question gets.
    work: Cell<u64>,
    share: Cell<u64>,
    is_over: Option<IsOver<'a>>,
}

impl<'a> View<'a> {
    /// Creates a view for a control that declares these facts and runs in this scope.
    pub fn new(
        context: &'a Context,
        facts: &'a Facts,
        declared: &'a [FactKind],
        scope: Scope,
    ) -> Self {
        Self {
            context,
            facts,
            declared,
            scope,
            missing: RefCell::default(),
            work: Cell::new(WORK_IN_A_RUN),
            share: Cell::new(WORK_IN_A_RUN),
            is_over: None,
        }
    }

    /// Limits the view to a time.
    pub(crate) fn until(self, is_over: Option<IsOver<'a>>) -> Self {
        Self { is_over, ..self }
    }

    /// Limits the work on policies.
    #[cfg(test)]
    pub(crate) fn with_work(self, words: u64) -> Self {
        self.work.set(words);
        self.share.set(words);
        self
    }

    /// The facts that were requested and are not available.
    pub(crate) fn into_missing(self) -> BTreeSet<Key> {
        self.missing.into_inner()
    }

    /// Divides the remaining work into equal shares for a number of questions.
    pub(crate) fn share_work(&self, questions: usize) {
        let questions = u64::try_from(questions).unwrap_or(u64::MAX).max(1);
        self.share.set(self.work.get() / questions);
    }

    /// Answers a question about policies within its share of the run's work.
    ///
    /// # Errors
    /// The share does not suffice, the time is over, or facts are missing: the question would be
    /// asked again in the next round.
    pub fn within_share<T>(&self, ask: impl FnOnce(&SearchLimit) -> T) -> Result<T, NotAssessed> {
        if !self.missing.borrow().is_empty() {
            return Err(NotAssessed::Missing);
        }
        if self.is_over.is_some_and(|is_over| is_over()) {
            return Err(NotAssessed::OutOfTime);
        }
        let limit = SearchLimit::of(self.share.get().min(self.work.get()));
        let answer = ask(&limit);
        self.work.set(self.work.get().saturating_sub(limit.used()));
        if limit.cut_the_answer() { Err(NotAssessed::TooComplex) } else { Ok(answer) }
    }

    /// Where and when.
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The time that counts as the current time.
    pub fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    /// The place of the evaluation, in words: `this account` or a Region.
    pub fn place(&self) -> &'a str {
        match self.scope {
            Scope::Global => "this account",
            Scope::Regional => &self.context.region,
        }
    }

    /// A fact of the account.
    pub fn account<T: FactType>(&self) -> Result<&'a T, NotAssessed> {
        self.expected(Key::account(T::KIND))
    }

    /// A fact of the Region that is evaluated.
    pub fn region<T: FactType>(&self) -> Result<&'a T, NotAssessed> {
        self.expected(Key::region(T::KIND, self.context.region.as_str()))
    }

    /// A fact of a Region, not necessarily the Region that is evaluated.
    pub fn region_of<T: FactType>(&self, region: &str) -> Result<&'a T, NotAssessed> {
        self.expected(Key::region(T::KIND, region))
    }

    /// A fact of a resource on which the evaluated resource depends. If that resource does not
    /// exist, the result is not assessed.
    pub fn related<T: FactType>(&self, region: &str, id: &str) -> Result<&'a T, NotAssessed> {
        self.get(Key::resource(T::KIND, region, id)).map_err(|why| match why {
            NotAssessed::ReadFailed(error) if error.cause == Cause::NotFound => {
                NotAssessed::Undetermined(format!(
                    "{id} is referenced but does not exist ({error})."
                ))
            }
            other => other,
        })
    }

    /// A fact of a resource on which the evaluated resource depends; `None` if that resource does
    /// not exist. The control decides what that means.
    pub fn existing<T: FactType>(
        &self,
        region: &str,
        id: &str,
    ) -> Result<Option<&'a T>, NotAssessed> {
        match self.get(Key::resource(T::KIND, region, id)) {
            Ok(fact) => Ok(Some(fact)),
            Err(why) if why.is_not_found() => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// A fact that exists wherever it can be read: "not found" is an error like any other.
    fn expected<T: FactType>(&self, key: Key) -> Result<&'a T, NotAssessed> {
        self.get(key).map_err(|why| match why {
            NotAssessed::ReadFailed(error) if error.cause == Cause::NotFound => {
                NotAssessed::ReadFailed(ReadError { cause: Cause::Failed, ..error })
            }
            other => other,
        })
    }

    /// A fact as it was read. Only this function returns "not found".
    pub(crate) fn get<T: FactType>(&self, key: Key) -> Result<&'a T, NotAssessed> {
        if !self.declared.contains(&T::KIND) {
            return Err(NotAssessed::Undetermined(format!(
                "the control reads {:?} without declaring it; report this error",
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
