//! The benchmark's vocabulary: the numbers of recommendations, and their properties.

use std::fmt;

use serde::{Serialize, Serializer};

/// The benchmark against which accounts are checked.
pub const BENCHMARK: &str = "CIS AWS Foundations 1.5.0";
/// The program and its version.
pub const TOOL: &str = concat!("plumbline ", env!("CARGO_PKG_VERSION"));

/// A section of the benchmark, with the recommendations whose numbers begin with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its number.
    pub number: &'static str,
    /// Its heading.
    pub title: &'static str,
}

/// The sections, in their order.
pub const SECTIONS: [Section; 5] = [
    Section { number: "1", title: "Identity and Access Management" },
    Section { number: "2", title: "Storage" },
    Section { number: "3", title: "Logging" },
    Section { number: "4", title: "Monitoring" },
    Section { number: "5", title: "Networking" },
];

/// Whether the benchmark expects a program or a person to assess the recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Assessment {
    /// A program can assess it.
    Automated,
    /// A person has to assess it.
    Manual,
}

/// The severity of a failure, in the terms of Security Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Fix it when convenient.
    Low,
    /// Fix it in the normal course of work.
    Medium,
    /// Fix it soon.
    High,
    /// Fix it now.
    Critical,
}

impl Severity {
    /// All severities, the most severe first.
    pub const WORST_FIRST: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The label in a finding.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// Where a control runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Once for each account, in the home Region.
    Global,
    /// In every Region.
    Regional,
}

/// The number of a recommendation. Numbers are ordered by their parts: 1.2 comes before 1.10.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ControlId(&'static str);

impl ControlId {
    /// The number.
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The text, `2.1.3`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The text with dashes, `2-1-3`.
    pub fn dashed(self) -> String {
        self.0.replace('.', "-")
    }

    /// The number of its section.
    pub fn section(self) -> &'static str {
        self.0.split('.').next().unwrap_or(self.0)
    }

    /// Whether it is the given number or below it: 2.1.3 is within 2.1 and 2, but not within 2.10.
    pub fn is_within(self, prefix: &str) -> bool {
        self.0.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether it comes before another number in the benchmark. Usable at compile time.
    pub const fn precedes(self, other: Self) -> bool {
        let (left, right) = (self.0.as_bytes(), other.0.as_bytes());
        let (mut at, mut against) = (0, 0);
        loop {
            let ((mine, next), (theirs, next_theirs)) = (part(left, at), part(right, against));
            if mine != theirs {
                return mine < theirs;
            }
            if next > left.len() || next_theirs > right.len() {
                return next <= right.len() && next_theirs <= right.len();
            }
            (at, against) = (next, next_theirs);
        }
    }
}

/// The number that starts at a position, and the start of the next number, which is beyond the end
/// when there is none.
#[expect(
    clippy::indexing_slicing,
    reason = "slices have no other access at compile time, and the loop's condition holds the \
        index in bounds"
)]
const fn part(text: &[u8], start: usize) -> (u32, usize) {
    let (mut at, mut value) = (start, 0);
    while at < text.len() && text[at] != b'.' {
        value = value * 10 + (text[at] - b'0') as u32;
        at += 1;
    }
    (value, at + 1)
}

impl PartialOrd for ControlId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ControlId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let parts = |id: &Self| {
            id.0.split('.').map(|part| part.parse::<u32>().unwrap_or(u32::MAX)).collect::<Vec<_>>()
        };
        parts(self).cmp(&parts(other))
    }
}

impl fmt::Display for ControlId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl fmt::Debug for ControlId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl Serialize for ControlId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ControlId;

    #[test]
    fn ids_order_by_their_parts() {
        let ids = ["1.2", "1.10", "2.1.1", "2.1.10", "2.2", "2.2.1", "10.1"].map(ControlId::new);
        for (at, left) in ids.iter().enumerate() {
            for (against, right) in ids.iter().enumerate() {
                assert_eq!(left.precedes(*right), at < against, "{left} {right}");
                assert_eq!(left < right, at < against, "{left} {right}");
            }
        }
    }

    #[test]
    fn prefixes_end_at_dots() {
        assert!(ControlId::new("2.1.3").is_within("2.1"));
        assert!(ControlId::new("2.1.3").is_within("2.1.3"));
        assert!(!ControlId::new("1.10").is_within("1.1"));
    }
}
