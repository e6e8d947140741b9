//! Facts: the input of controls, from AWS, from a configuration item or from a snapshot.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::answer::Answer;
use crate::facts::{Fact, FactKind};

/// The key of one fact of one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The kind of the fact.
    pub kind: FactKind,
    /// The Region of the fact. Empty for facts of the account.
    pub region: String,
    /// The resource of the fact. Empty for facts of the account or of a Region.
    pub id: String,
}

impl Key {
    /// The key of a fact that exists once for each account.
    pub fn account(kind: FactKind) -> Self {
        Self { kind, region: String::new(), id: String::new() }
    }

    /// The key of a fact that exists once for each Region.
    pub fn region(kind: FactKind, region: impl Into<String>) -> Self {
        Self { kind, region: region.into(), id: String::new() }
    }

    /// The key of a fact that exists once for each resource.
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

/// The known facts of one account. Copies share large values: each result is stored once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    entries: BTreeMap<Key, Arc<Answer<Fact>>>,
}

impl Facts {
    /// Adds or replaces a fact.
    pub fn insert(&mut self, key: Key, answer: Answer<Fact>) {
        self.insert_shared(key, Arc::new(answer));
    }

    /// Adds or replaces a fact that other collections share.
    pub fn insert_shared(&mut self, key: Key, answer: Arc<Answer<Fact>>) {
        self.entries.insert(key, answer);
    }

    /// The result for a key.
    pub fn get(&self, key: &Key) -> Option<&Answer<Fact>> {
        self.entries.get(key).map(|answer| &**answer)
    }

    /// All results, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Answer<Fact>)> {
        self.entries.iter().map(|(key, answer)| (key, &**answer))
    }

    /// All results, to be modified in place. Other collections keep shared results unchanged.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Answer<Fact>)> {
        self.entries.iter_mut().map(|(key, answer)| (key, Arc::make_mut(answer)))
    }

    /// The number of facts, read or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no facts.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Extend<(Key, Answer<Fact>)> for Facts {
    fn extend<I: IntoIterator<Item = (Key, Answer<Fact>)>>(&mut self, facts: I) {
        self.entries.extend(facts.into_iter().map(|(key, answer)| (key, Arc::new(answer))));
    }
}
