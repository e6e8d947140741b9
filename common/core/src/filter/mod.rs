//! Metric filter patterns of CloudWatch Logs, by meaning: reading them, matching events, and
//! deciding whether one pattern counts everything that another one wants counted.
//!
//! ```
//! use plumbline_core::filter::{Coverage, Pattern, covers, required};
//!
//! let baseline = required("4.5").map(|requirement| requirement.baseline()).unwrap_or_default();
//! let theirs = Pattern::parse("{ ($.eventName = \"*Trail\") || ($.eventName = St*Logging) || ($.eventName = StopLogging) || ($.eventName = StartLogging) }")?;
//! assert_eq!(covers(&baseline, &[theirs]), Coverage::Covers);
//! # Ok::<(), plumbline_core::filter::ParseError>(())
//! ```
//!
//! | part | does |
//! |---|---|
//! | `parse`, `syntax` | text to structure and back |
//! | `text`, `number` | what values stand for: sets of texts, exact decimal numbers |
//! | `evaluate` | whether an event matches: the meaning of the language |
//! | `model`, `solve` | whether an event exists that matches some patterns and not others: finitely many kinds of events, and a search through them |
//! | `cover` | the verdict |
//! | `require` | what the benchmark prescribes |

mod cover;
mod evaluate;
mod model;
mod number;
mod parse;
mod require;
mod solve;
mod syntax;
mod text;

use std::fmt;

use serde_json::Value;

pub use self::cover::{Coverage, covers, covers_texts};
pub use self::parse::ParseError;
pub use self::require::{REQUIRED, Requirement, required};

use self::evaluate::Logged;
use self::syntax::Expression;

/// What a `*` inside a value means, of which AWS's documentation has said both. At the ends it is
/// always a wildcard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Any run of characters: `Ev*ent` stands for `Event` too.
    #[default]
    Wildcard,
    /// An asterisk: `Ev*ent` stands for itself.
    Literal,
}

impl Reading {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Wildcard, Self::Literal];
}

/// A filter pattern. The default one is empty and matches every event.
///
/// Its text in print is canonical: patterns of the same structure print the same, and what is
/// printed parses to the same structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    kind: PatternKind,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum PatternKind {
    /// The empty pattern.
    #[default]
    Everything,
    /// `{ … }`
    Json(Expression),
    /// `[…]` or terms: not understood, as it was written.
    Other(String),
}

impl Pattern {
    /// Reads a pattern. Anything that does not begin with a brace is kept as it is and never
    /// decided about, unless it is empty.
    ///
    /// # Errors
    /// With the first place at which a JSON pattern, or the length of any pattern, breaks
    /// CloudWatch's rules.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::parse(text)
    }

    /// Whether an event matches. An event that is not an object matches only the empty pattern; a
    /// pattern that is neither empty nor a JSON pattern is not understood and matches nothing.
    pub fn matches(&self, event: &Value, reading: Reading) -> bool {
        match &self.kind {
            PatternKind::Everything => true,
            PatternKind::Json(expression) => {
                event.is_object() && expression.matches(event, reading)
            }
            PatternKind::Other(_) => false,
        }
    }

    /// Whether a log event matches, as [`Self::matches`]. Its numbers count as they are written
    /// there; a line that is not exactly one JSON object matches only the empty pattern.
    pub fn matches_line(&self, line: &str, reading: Reading) -> bool {
        match &self.kind {
            PatternKind::Everything => true,
            PatternKind::Json(expression) => {
                Logged::object(line).is_some_and(|event| expression.matches(&event, reading))
            }
            PatternKind::Other(_) => false,
        }
    }

    /// Whether the pattern is understood: empty, or a JSON pattern.
    pub fn is_understood(&self) -> bool {
        !matches!(self.kind, PatternKind::Other(_))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PatternKind::Everything => Ok(()),
            PatternKind::Json(expression) => out.write_str(&syntax::print(expression)),
            PatternKind::Other(text) => out.write_str(text),
        }
    }
}
