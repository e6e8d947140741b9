//! Sets of small numbers.

/// A set of small numbers, with a fixed universe.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits {
    words: Vec<u64>,
    size: usize,
}

impl Bits {
    pub(crate) fn none(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)], size }
    }

    pub(crate) fn from_members(size: usize, members: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = Self::none(size);
        members.into_iter().for_each(|member| bits.insert(member));
        bits
    }

    pub(crate) fn full(size: usize) -> Self {
        Self::from_members(size, 0..size)
    }

    pub(crate) fn insert(&mut self, member: usize) {
        if let Some(word) = self.words.get_mut(member / 64) {
            *word |= 1 << (member % 64);
        }
    }

    pub(crate) fn contains(&self, member: usize) -> bool {
        self.words.get(member / 64).is_some_and(|word| word & (1 << (member % 64)) != 0)
    }

    /// How many members the universe has.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// 64 members a word, the smallest first.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words, to be modified in place.
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = usize> {
        (0..self.size).filter(|member| self.contains(*member))
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (u64, u64)> + 'a {
        self.words.iter().copied().zip(other.words.iter().copied())
    }

    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.pairs(other).all(|(mine, theirs)| mine & !theirs == 0)
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.pairs(other).any(|(mine, theirs)| mine & theirs != 0)
    }

    fn combine(&mut self, other: &Self, with: fn(u64, u64) -> u64) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            let combined = with(*mine, *theirs);
            changed |= combined != *mine;
            *mine = combined;
        }
        changed
    }

    /// Keeps the members that the other set has too. Returns whether the set changed.
    pub(crate) fn keep(&mut self, other: &Self) -> bool {
        self.combine(other, |mine, theirs| mine & theirs)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine | theirs);
    }

    pub(crate) fn remove(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & !theirs);
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn sets_across_words() {
        let mut set = Bits::from_members(130, [0, 63, 64, 129]);
        assert_eq!(set.members().collect::<Vec<_>>(), [0, 63, 64, 129]);
        let other = Bits::from_members(130, [63, 100]);
        assert!(set.meets(&other) && !other.is_within(&set));
        assert!(set.keep(&other) && !set.keep(&other));
        assert_eq!(set.members().collect::<Vec<_>>(), [63]);
        assert!(set.is_within(&other));
        set.add(&other);
        assert_eq!(set, other);
        set.remove(&other);
        assert!(set.is_empty() && Bits::full(0).is_empty());
        assert_eq!(Bits::full(70).members().count(), 70);
    }
}
