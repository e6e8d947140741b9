//! A limit on the work that a question may take.

use std::cell::Cell;

/// Work that may still be done for one question, which can ask many others. What a unit is depends
/// on the search: a look at a leaf of a formula, a step of a machine, a word of its state.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<u64>,
    total: u64,
}

impl Budget {
    pub(crate) const fn new(total: u64) -> Self {
        Self { left: Cell::new(total), total }
    }

    /// Takes some work; `false` when that much is not left. The rest is gone then.
    pub(crate) fn spend(&self, work: usize) -> bool {
        let work = u64::try_from(work).unwrap_or(u64::MAX);
        let enough = self.left.get() >= work;
        self.left.set(self.left.get().saturating_sub(work));
        enough
    }

    /// A budget of a part of what is left.
    pub(crate) fn share(&self, part: u64, of: u64) -> Self {
        Self::new(self.left.get().saturating_mul(part) / of)
    }

    /// Takes what was taken from another one.
    pub(crate) fn spend_like(&self, other: &Self) {
        self.left.set(self.left.get().saturating_sub(other.used()));
    }

    /// The work that was done.
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
