//! The metric filters of a log group with their chains, and their coverage together.

use std::cell::RefCell;
use std::collections::BTreeMap;

use plumbline_core::facts::MetricFilter;
use plumbline_core::filter::{Coverage, Requirement};
use plumbline_core::prelude::*;
use serde_json::{Value, json};

use super::reach::{Reach, SUBSCRIPTION};

/// A filter of a log group.
pub(super) struct Link<'a> {
    pub(super) filter: &'a MetricFilter,
    pub(super) reach: Reach,
    /// The coverage of this filter without the others.
    alone: Coverage,
}

/// The filters of a log group with their chains.
pub(super) struct Chains<'a> {
    wanted: &'a Requirement,
    links: Vec<Link<'a>>,
    /// The coverage by the number of filters. The number is enough as a key: the set of filters
    /// whose chains reach a part contains the set for each later part.
    decided: RefCell<BTreeMap<usize, Coverage>>,
}

impl<'a> Chains<'a> {
    pub(super) fn new(
        wanted: &'a Requirement,
        filters: &'a [MetricFilter],
        reaches: Vec<Reach>,
    ) -> Self {
        let link = |(filter, reach): (&'a MetricFilter, Reach)| {
            let alone =
                match (wanted.coverage(&[&filter.pattern], false).coverage, &filter.narrowed_by) {
                    (verdict, Some(by)) if verdict.is_covered() => Coverage::Undetermined {
                        why: format!("filter '{}' has an additional condition: {by}", filter.name),
                    },
                    // The pattern may be correct for the transformed events.
                    (_, Some(by)) if filter.is_on_transformed_logs() => Coverage::Undetermined {
                        why: format!(
                            "filter '{}' evaluates another form of the events: {by}",
                            filter.name
                        ),
                    },
                    (verdict, _) => verdict,
                };
            Link { filter, reach, alone }
        };
        Self {
            wanted,
            links: filters.iter().zip(reaches).map(link).collect(),
            decided: RefCell::default(),
        }
    }

    fn at_least(&self, rank: u8) -> Vec<&Link<'a>> {
        self.links.iter().filter(|link| link.reach.rank() >= rank).collect()
    }

    /// Returns whether the filters whose chains reach a part cover the required events, alone or
    /// together. Filters with additional conditions leave the result undetermined.
    pub(super) fn coverage(&self, rank: u8) -> Coverage {
        let links = self.at_least(rank);
        if let Some(known) = self.decided.borrow().get(&links.len()) {
            return known.clone();
        }
        let coverage = self.decide(&links);
        self.decided.borrow_mut().insert(links.len(), coverage.clone());
        coverage
    }

    fn decide(&self, links: &[&Link<'a>]) -> Coverage {
        let alone = |verdict: &Coverage| links.iter().any(|link| link.alone == *verdict);
        if alone(&Coverage::Covers) {
            return Coverage::Covers;
        }
        if alone(&Coverage::CoversTooMuch) {
            return Coverage::CoversTooMuch;
        }
        if let [only] = links {
            return only.alone.clone();
        }
        let together = |links: &[&Link<'_>]| {
            let patterns: Vec<&String> = links.iter().map(|link| &link.filter.pattern).collect();
            self.wanted.coverage(&patterns, false).coverage
        };
        let (whole, narrowed): (Vec<&Link<'_>>, Vec<&Link<'_>>) =
            links.iter().partition(|link| link.filter.narrowed_by.is_none());
        let verdict = together(&whole);
        let Some(first) = narrowed.first().filter(|_| !verdict.is_covered()) else {
            return verdict;
        };
        if let Some(transformed) = narrowed.iter().find(|link| link.filter.is_on_transformed_logs())
        {
            return transformed.alone.clone();
        }
        match together(links) {
            open if open.is_covered() => Coverage::Undetermined {
                why: format!("filter '{}' has an additional condition", first.filter.name),
            },
            missed => missed,
        }
    }

    /// Evaluates the complete chains that decide again, with mute rules. These are the chains of
    /// the filters that cover alone, or of all filters if several cover together. Their length does
    /// not change.
    pub(super) fn refine(&mut self, reach: impl Fn(&MetricFilter) -> Reach) {
        let is_complete = |link: &Link<'_>| link.reach.rank() == SUBSCRIPTION;
        let covers = |link: &Link<'_>| is_complete(link) && link.alone.is_covered();
        let needs_all = !self.links.iter().any(covers);
        for link in &mut self.links {
            if covers(link) || (needs_all && is_complete(link)) {
                link.reach = reach(link.filter);
            }
        }
    }

    /// Returns the filters that cover the required events among those whose chains reach a part:
    /// the best filter that covers alone, or all of them.
    pub(super) fn covering(&self, rank: u8) -> Vec<&Link<'a>> {
        let links = self.at_least(rank);
        let alone = |verdict: &Coverage| {
            links
                .iter()
                .rev()
                .filter(|link| link.alone == *verdict)
                .max_by_key(|link| link.reach.quality())
                .map(|link| vec![*link])
        };
        alone(&Coverage::Covers).or_else(|| alone(&Coverage::CoversTooMuch)).unwrap_or(links)
    }

    pub(super) fn unknown(&self) -> Option<NotAssessed> {
        self.links.iter().find_map(|link| {
            if let Reach::Unknown(why) = &link.reach { Some(why.clone()) } else { None }
        })
    }

    /// Returns the filters as evidence: those that cover, or else the first five, with the first
    /// missing part of each chain.
    pub(super) fn shown(&self) -> Value {
        let one = |link: &&Link<'_>| {
            json!({ "name": link.filter.name,
            "pattern": link.filter.pattern, "coverage": link.alone.as_str(),
            "chain": link.reach.describe() })
        };
        let covering: Vec<Value> = self
            .links
            .iter()
            .filter(|link| link.alone.is_covered())
            .map(|link| one(&link))
            .collect();
        if covering.is_empty() {
            self.links.iter().take(5).map(|link| one(&link)).collect()
        } else {
            Value::Array(covering)
        }
    }
}
