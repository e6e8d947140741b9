//! How much work a question about patterns may take.

use std::cell::Cell;

use crate::automaton::Budget;

/// A question about patterns that would take too long to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooComplex;

/// How many machine words of state all searches for one question may compute.
const COMPUTED: u64 = 20_000_000;

/// What the searches for one question may still compute together, in words. One search can ask for
/// many others.
#[derive(Debug)]
pub struct SearchLimit {
    budget: Budget,
    is_whole: bool,
    is_exceeded: Cell<bool>,
}

impl Default for SearchLimit {
    fn default() -> Self {
        Self::of(COMPUTED)
    }
}

impl SearchLimit {
    /// A limit of so many words, at most that of a whole question.
    pub(crate) fn of(words: u64) -> Self {
        let budget = Budget::new(words.min(COMPUTED));
        Self { budget, is_whole: words >= COMPUTED, is_exceeded: Cell::new(false) }
    }

    /// Takes some words of work.
    pub(crate) fn spend(&self, words: usize) -> Result<(), TooComplex> {
        if self.budget.spend(words) {
            return Ok(());
        }
        self.is_exceeded.set(true);
        Err(TooComplex)
    }

    /// Answers a part of the question, such as how to word the answer, within a part of what is
    /// left. That this part is too much work does not make the question so.
    pub(crate) fn in_part<T>(&self, part: u64, of: u64, ask: impl FnOnce(&Self) -> T) -> T {
        let limit = Self { budget: self.budget.share(part, of), ..Self::of(0) };
        let answer = ask(&limit);
        self.budget.spend_like(&limit.budget);
        answer
    }

    /// The work that was done, in words.
    pub(crate) fn used(&self) -> u64 {
        self.budget.used()
    }

    /// Whether more work than this limit, which is less than that of a whole question, could have
    /// changed the answer.
    pub(crate) fn cut_the_answer(&self) -> bool {
        self.is_exceeded.get() && !self.is_whole
    }
}
