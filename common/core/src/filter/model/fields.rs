//! The fields that selectors name, and the children to which wildcards are expanded.

use super::{Branch, Field, LAST_ELEMENT, MOST_PLACES, Model, Wildcard};
use crate::filter::syntax::{Atom, Path, Segment, Test};

impl Model {
    pub(super) fn name_places(&mut self, atom: &Atom) {
        match split_at_wildcard(&atom.selector) {
            None => {
                let place = self.place_below(0, &atom.selector);
                self.note_null(place, &atom.test);
            }
            Some((before, after)) => {
                let base = self.place_below(0, before);
                match self
                    .wildcards
                    .iter_mut()
                    .find(|known| known.base == base && known.suffix == after)
                {
                    Some(known) if known.tests.contains(&atom.test) => {}
                    Some(known) => known.tests.push(atom.test.clone()),
                    None => self.wildcards.push(Wildcard {
                        base,
                        suffix: after.to_vec(),
                        tests: vec![atom.test.clone()],
                    }),
                }
            }
        }
    }

    pub(super) fn note_null(&mut self, place: usize, test: &Test) {
        if *test == Test::IsNull
            && let Some(place) = self.places.get_mut(place)
        {
            place.asks_null = true;
        }
    }

    pub(super) fn place_below(&mut self, start: usize, steps: &[Segment]) -> usize {
        steps.iter().fold(start, |place, step| match step {
            Segment::Key(name) => self.child(place, Branch::Key(name.clone())),
            Segment::Index(index) => self.child(place, Branch::Index(*index)),
            // Callers split the selector at its wildcards.
            Segment::AnyMember | Segment::AnyElement => place,
        })
    }

    pub(super) fn child(&mut self, parent: usize, branch: Branch) -> usize {
        let key = (parent, branch);
        if let Some(known) = self.below.get(&key) {
            return *known;
        }
        let (_, branch) = &key;
        if self.places.len() >= MOST_PLACES {
            self.doubt_because("the patterns test too many fields");
            return parent;
        }
        let new = self.places.len();
        let mut path = String::new();
        if let Some(above) = self.places.get_mut(parent) {
            above.children.push(new);
            path.clone_from(&above.path);
        }
        match branch {
            Branch::Key(name) => path
                .push_str(Path(&[Segment::Key(name.clone())]).to_string().trim_start_matches('$')),
            Branch::Index(index) => path.push_str(&format!("[{index}]")),
            Branch::Unnamed(_) | Branch::Root => path.push_str("[*]"),
        }
        self.places.push(Field::new(parent, branch.clone(), path));
        self.below.insert(key, new);
        new
    }

    pub(super) fn children(&self, place: usize) -> Vec<usize> {
        self.places.get(place).map(|place| place.children.clone()).unwrap_or_default()
    }

    pub(super) fn branch(&self, place: usize) -> Option<&Branch> {
        self.places.get(place).map(|place| &place.branch)
    }

    /// The children of an array at this place, in order.
    pub(super) fn elements(&self, place: usize) -> Vec<usize> {
        let mut elements: Vec<usize> = self
            .children(place)
            .into_iter()
            .filter(|child| {
                matches!(self.branch(*child), Some(Branch::Index(_) | Branch::Unnamed(_)))
            })
            .collect();
        elements.sort_by_key(|child| match self.branch(*child) {
            Some(Branch::Index(index)) => (false, *index),
            Some(Branch::Unnamed(number)) => (true, *number),
            _ => (true, usize::MAX),
        });
        elements
    }

    /// Expands every wildcard into its children, until no child is missing: the places below the
    /// child of one wildcard may be the children of another.
    pub(super) fn spell_out(&mut self, readings: usize) {
        loop {
            let before = self.places.len();
            for at in 0..self.wildcards.len() {
                let Some(Wildcard { base, suffix, tests }) = self.wildcards.get(at) else {
                    continue;
                };
                let (base, suffix, tests) = (*base, suffix.clone(), tests.clone());
                for child in self.children(base) {
                    let place = self.place_below(child, &suffix);
                    for test in &tests {
                        self.note_null(place, test);
                    }
                }
            }
            for base in 0..self.places.len() {
                let walks: usize = self
                    .wildcards
                    .iter()
                    .filter(|wildcard| wildcard.base == base)
                    .map(|wildcard| wildcard.tests.len() * readings)
                    .sum();
                let asks_null = self.places.get(base).is_some_and(|place| place.asks_null);
                let elements = self.elements(base);
                if walks == 0 && (!asks_null || elements.is_empty()) {
                    continue;
                }
                let last = elements
                    .iter()
                    .filter_map(|child| {
                        if let Some(Branch::Index(index)) = self.branch(*child) {
                            Some(*index)
                        } else {
                            None
                        }
                    })
                    .max();
                if last.is_some_and(|last| last > LAST_ELEMENT) {
                    self.doubt_because(
                        "an element with a high index may also be any element of its array",
                    );
                } else if let Some(last) = last {
                    for index in 0..=last {
                        self.child(base, Branch::Index(index));
                    }
                }
                for number in 0..walks + usize::from(asks_null) {
                    self.child(base, Branch::Unnamed(number));
                }
            }
            if self.places.len() == before {
                return;
            }
        }
    }
}

/// Splits a selector at its wildcard, of which it has at most one: the selector of the parent, and
/// the selector below each child. `None` without a wildcard.
pub(super) fn split_at_wildcard(selector: &[Segment]) -> Option<(&[Segment], &[Segment])> {
    let at = selector.iter().position(Segment::is_wildcard)?;
    Some((selector.get(..at)?, selector.get(at + 1..)?))
}
