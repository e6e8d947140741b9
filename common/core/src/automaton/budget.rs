//! A limit on the work for one question.

use std::cell::Cell;

/// The work that remains for one question, which can consist of many searches. The unit depends on
/// the search: a visit to a leaf of a formula, a step of a machine, a word of its state.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
    total: u64,
}

impl Budget {
    pub(crate) const fn new(total: u64) -> Self {
        Self { left: Cell::new(total), total }
    }

    /// Spends work. Returns `false` when less than that remains; the budget is then empty.
    pub(crate) fn spend(&self, work: usize) -> bool {
        let work = u64::try_from(work).unwrap_or(u64::MAX);
        let enough = self.left.get() >= work;
        self.left.set(self.left.get().saturating_sub(work));
        enough
    }

    /// A budget with a part of the remaining work.
    pub(crate) fn share(&self, part: u64, of: u64) -> Self {
        Self::new(self.left.get().saturating_mul(part) / of)
    }

    /// Spends as much as another budget has spent.
    pub(crate) fn spend_like(&self, other: &Self) {
        self.left.set(self.left.get().saturating_sub(other.used()));
    }

    /// The work that was spent.
    pub(crate) fn used(&self) -> u64 {
        self.total - self.left.get()
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn work_is_taken_until_none_is_left() {
        let budget = Budget::new(10);
        assert!(budget.spend(4));
        let half = budget.share(1, 2);
        assert!(half.spend(3) && !half.spend(1));
        budget.spend_like(&half);
        assert_eq!(budget.used(), 7);
        assert!(!budget.spend(4), "more than is left");
        assert!(!budget.spend(1), "nothing is left after that");
    }
}
