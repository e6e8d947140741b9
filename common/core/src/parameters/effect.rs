//! The effect of a parameter that differs from the benchmark's value.

use std::collections::BTreeSet;

use serde::Serialize;

/// The effect of a value that differs from the benchmark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterEffect {
    /// A resource that fails or is not assessed with the benchmark's value can pass.
    Looser,
    /// No resource can pass that does not pass with the benchmark's value.
    Stricter,
    /// The value cannot be compared.
    Other,
}

impl ParameterEffect {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Stricter => "stricter",
            Self::Other => "other",
        }
    }
}

/// Which values of a parameter are looser than the benchmark's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooserBy {
    /// A higher number.
    Higher,
    /// A lower number.
    Lower,
    /// An element of the benchmark's list that is missing.
    Missing,
    /// An element that the benchmark's list does not have.
    Added,
    /// Any other value.
    Any,
    /// `false`.
    False,
    /// `true`.
    True,
    /// None.
    None,
}

impl LooserBy {
    /// The effect of a value compared with the benchmark's; `None` if both are equal.
    pub fn effect(self, benchmark: &str, value: &str) -> Option<ParameterEffect> {
        if benchmark.trim() == value.trim() {
            return None;
        }
        let looser = |is_looser: bool| {
            Some(if is_looser { ParameterEffect::Looser } else { ParameterEffect::Stricter })
        };
        let number = |text: &str| text.trim().parse::<i64>().ok();
        match self {
            Self::Higher | Self::Lower => match (number(benchmark), number(value)) {
                (Some(benchmark), Some(value)) if benchmark == value => None,
                (Some(benchmark), Some(value)) => {
                    looser((value > benchmark) == (self == Self::Higher))
                }
                _ => Some(ParameterEffect::Other),
            },
            Self::Missing | Self::Added => {
                let (benchmark, value) = (elements(benchmark), elements(value));
                let missing = !benchmark.is_subset(&value);
                let added = !value.is_subset(&benchmark);
                match self {
                    _ if !missing && !added => None,
                    Self::Missing => looser(missing),
                    _ => looser(added),
                }
            }
            Self::Any if elements(benchmark) == elements(value) => None,
            Self::Any => looser(true),
            Self::False | Self::True => {
                let value = value.trim().to_ascii_lowercase();
                match value.as_str() {
                    _ if value == benchmark.trim().to_ascii_lowercase() => None,
                    "true" | "false" => looser((value == "true") == (self == Self::True)),
                    _ => Some(ParameterEffect::Other),
                }
            }
            Self::None => looser(false),
        }
    }
}

/// The elements of a comma-separated list. Leading zeros of numbers are ignored.
fn elements(text: &str) -> BTreeSet<String> {
    let element = |text: &str| match text.trim().parse::<u64>() {
        Ok(number) if text.trim().len() < 12 => number.to_string(),
        _ => text.trim().to_owned(),
    };
    text.split(',').filter(|text| !text.trim().is_empty()).map(element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_follow_the_declaration() {
        use ParameterEffect::{Looser, Other, Stricter};
        for (declared, benchmark, value, effect) in [
            (LooserBy::Higher, "45", "90", Some(Looser)),
            (LooserBy::Higher, "45", "30", Some(Stricter)),
            (LooserBy::Higher, "45", " 045 ", None),
            (LooserBy::Higher, "45", "many", Some(Other)),
            (LooserBy::Lower, "24", "12", Some(Looser)),
            (LooserBy::Lower, "24", "36", Some(Stricter)),
            (LooserBy::Missing, "22,3389", "5432", Some(Looser)),
            (LooserBy::Missing, "22,3389", "22, 3389, 5432", Some(Stricter)),
            (LooserBy::Missing, "22,3389", "03389, 22", None),
            (LooserBy::Missing, "22,3389", "22", Some(Looser)),
            (LooserBy::Added, "REJECT,ALL", "ACCEPT,ALL", Some(Looser)),
            (LooserBy::Added, "REJECT,ALL", "ALL", Some(Stricter)),
            (LooserBy::Any, "none", "111122223333", Some(Looser)),
            (LooserBy::Any, "", " ", None),
            (LooserBy::False, "true", "False", Some(Looser)),
            (LooserBy::False, "false", "true", Some(Stricter)),
            (LooserBy::True, "false", "TRUE", Some(Looser)),
            (LooserBy::True, "false", "False", None),
            (LooserBy::None, "notApplicable", "nonCompliant", Some(Stricter)),
        ] {
            assert_eq!(declared.effect(benchmark, value), effect, "{declared:?} {value}");
        }
    }
}
