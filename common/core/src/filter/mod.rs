//! Metric filter patterns of CloudWatch Logs: parsing, matching of events, and the decision whether
//! one pattern matches every event that another pattern matches.
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
//! | `text`, `regex`, `number` | what values stand for: sets of texts, exact decimal numbers |
//! | `event`, `evaluate` | whether an event matches: the meaning of the language |
//! | `model`, `solve` | whether an event exists that matches some patterns and not others: finitely many kinds of events, and a search through them |
//! | `cover` | the verdict |
//! | `require` | what the benchmark prescribes |
//! | `known` | what CloudTrail writes, and the verdict on a control |

mod cloudtrail;
mod cover;
mod evaluate;
mod event;
mod known;
mod lifelike;
mod model;
mod number;
mod parse;
mod pattern;
mod regex;
mod require;
mod solve;
mod syntax;
mod text;

pub use self::cover::{Coverage, covers, covers_texts};
pub use self::known::{ControlCoverage, KNOWN_FACTS, KnownFact};
pub use self::parse::ParseError;
pub use self::pattern::Pattern;
pub use self::require::{REQUIRED, Requirement, required};
pub use self::text::Asterisk;
