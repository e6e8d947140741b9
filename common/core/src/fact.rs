//! Facts: what a control may look at, whether it came from AWS, from a configuration item or from a
//! snapshot.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::facts::{Fact, FactKind};

/// One AWS API operation that produces (a part of) a fact, with the IAM permission that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation in IAM's notation for services: `s3:ListBuckets`.
    pub operation: &'static str,
    /// The IAM action that allows it, which is not always the operation's name:
    /// `s3:ListAllMyBuckets`.
    pub action: &'static str,
    /// The narrowest resource on which AWS lets the action be allowed for every account's
    /// resources: `*`, or an ARN in which `{partition}` and `{account}` stand for those of the
    /// account.
    pub resource: &'static str,
}

impl Operation {
    /// An operation whose IAM action has the same name.
    pub const fn new(operation: &'static str, resource: &'static str) -> Self {
        Self { operation, action: operation, resource }
    }

    /// An operation that IAM knows by another name.
    pub const fn allowed_by(
        operation: &'static str,
        action: &'static str,
        resource: &'static str,
    ) -> Self {
        Self { operation, action, resource }
    }
}

/// How often a fact exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Once an account.
    Account,
    /// Once a Region.
    Region,
    /// Once a resource.
    Resource,
}

/// Names one fact of one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which fact.
    pub kind: FactKind,
    /// The Region it is about; empty for facts of the account.
    pub region: String,
    /// The resource it is about; empty for facts of the account or of a Region.
    pub id: String,
}

impl Key {
    /// The key of a fact that exists once an account.
    pub fn account(kind: FactKind) -> Self {
        Self { kind, region: String::new(), id: String::new() }
    }

    /// The key of a fact that exists once a Region.
    pub fn region(kind: FactKind, region: impl Into<String>) -> Self {
        Self { kind, region: region.into(), id: String::new() }
    }

    /// The key of a fact that exists once a resource.
    pub fn resource(kind: FactKind, region: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind, region: region.into(), id: id.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.kind)?;
        if !self.id.is_empty() {
            write!(out, " of {}", self.id)?;
        }
        if !self.region.is_empty() {
            write!(out, " in {}", self.region)?;
        }
        Ok(())
    }
}

/// Why a fact could not be had. What AWS says about a thing that is not there or not switched on is
/// a fact, not one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// AWS denied the call: a permission is missing, or a policy of the organization forbids it.
    Denied,
    /// AWS throttled the call until the retry budget was spent.
    Throttled,
    /// The resource vanished between the moment it was listed and the moment it was read.
    #[serde(rename = "gone")]
    NotFound,
    /// No answer within the time limit.
    TimedOut,
    /// The endpoint could not be reached, or no credentials could be had.
    Unreachable,
    /// AWS answered with an error of another kind.
    Failed,
    /// AWS answered, but not with something that can be understood.
    Malformed,
    /// A snapshot does not hold the fact.
    NotRecorded,
}

/// A fact that could not be had, with what AWS said.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadError {
    /// The operation in IAM's notation: `s3:GetBucketVersioning`.
    pub operation: String,
    /// The kind of failure.
    pub cause: Cause,
    /// AWS's error code, or one of our own words where AWS gave none.
    pub code: String,
    /// AWS's message, without line breaks; empty when there is none. It may name principals and
    /// resources, never secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// AWS's request id, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ReadError {
    /// A failure without an answer of AWS.
    pub fn new(operation: impl Into<String>, cause: Cause, code: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            cause,
            code: code.into(),
            message: String::new(),
            request_id: None,
        }
    }

    /// An answer that cannot be understood, with what is wrong with it.
    pub fn malformed(operation: impl Into<String>, what: impl Into<String>) -> Self {
        Self { message: what.into(), ..Self::new(operation, Cause::Malformed, "MalformedResponse") }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, code, .. } = self;
        match self.cause {
            Cause::Denied => write!(out, "{operation} was denied ({code})"),
            Cause::Throttled => write!(out, "{operation} was throttled too long ({code})"),
            Cause::NotFound => write!(out, "{operation} found nothing any more ({code})"),
            Cause::TimedOut => write!(out, "{operation} did not answer in time ({code})"),
            Cause::Unreachable => write!(out, "{operation} could not be sent ({code})"),
            Cause::Failed => write!(out, "{operation} failed ({code})"),
            Cause::Malformed => write!(out, "{operation} answered unintelligibly ({code})"),
            Cause::NotRecorded => {
                write!(out, "the snapshot does not hold the answer of {operation}")
            }
        }
    }
}

/// A fact, or why it could not be had.
pub type Answer<T> = Result<T, ReadError>;

/// The type of one kind of fact. Implemented by the table in [`crate::facts`] only.
pub trait FactType: Serialize + DeserializeOwned + Into<Fact> {
    /// Its kind.
    const KIND: FactKind;

    /// The fact inside, when it is of this kind.
    fn of(fact: &Fact) -> Option<&Self>;
}

/// The facts known of one account. Copies share what is large: each answer is held once, however
/// many hold it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    entries: BTreeMap<Key, Arc<Answer<Fact>>>,
}

impl Facts {
    /// Adds or replaces a fact.
    pub fn insert(&mut self, key: Key, answer: Answer<Fact>) {
        self.insert_shared(key, Arc::new(answer));
    }

    /// Adds or replaces a fact that others hold too.
    pub fn insert_shared(&mut self, key: Key, answer: Arc<Answer<Fact>>) {
        self.entries.insert(key, answer);
    }

    /// What is known under a key.
    pub fn get(&self, key: &Key) -> Option<&Answer<Fact>> {
        self.entries.get(key).map(|answer| &**answer)
    }

    /// Everything that is known, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Answer<Fact>)> {
        self.entries.iter().map(|(key, answer)| (key, &**answer))
    }

    /// Everything that is known, to be changed in place. What others hold too stays as it is for
    /// them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Answer<Fact>)> {
        self.entries.iter_mut().map(|(key, answer)| (key, Arc::make_mut(answer)))
    }

    /// The number of facts, read or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Extend<(Key, Answer<Fact>)> for Facts {
    fn extend<I: IntoIterator<Item = (Key, Answer<Fact>)>>(&mut self, facts: I) {
        self.entries.extend(facts.into_iter().map(|(key, answer)| (key, Arc::new(answer))));
    }
}
