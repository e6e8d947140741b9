//! Decimal numbers, compared exactly: nothing here goes through a binary float.

use std::cmp::Ordering;

/// The maximum exponent. Larger exponents, which do not occur in logs, are reduced to it.
const LARGEST_EXPONENT: i64 = 1_000_000_000;
/// The maximum number of digits of a number between two others.
const LONGEST: i64 = 400;

/// A number in its notation, with its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number {
    /// The notation.
    pub(super) text: String,
    /// Its value.
    pub(super) value: Decimal,
}

impl Number {
    /// Parses a number: an optional sign, digits, and optionally a fraction and an exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(Self { text: text.to_owned(), value: Decimal::parse(text)? })
    }
}

/// A value: 0.DIGITS times ten to the power of the exponent. Zero has no digits. No value has
/// leading or trailing zeros, so equal values have equal structures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Parses a number; `None` if the text is not a number.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        if whole.is_empty()
            || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let digits: Vec<u8> =
            whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        Some(Self::normal(negative, digits, exponent.saturating_add(length(whole.len()))))
    }

    fn normal(negative: bool, digits: Vec<u8>, exponent: i64) -> Self {
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        let end = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
        let digits: Vec<u8> = digits.get(leading..end).unwrap_or_default().to_vec();
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        Self { negative, digits, exponent: exponent.saturating_sub(length(leading)) }
    }

    pub(super) fn zero() -> Self {
        Self { negative: false, digits: Vec::new(), exponent: 0 }
    }

    fn negated(&self) -> Self {
        Self { negative: !self.negative && !self.digits.is_empty(), ..self.clone() }
    }

    /// A round number above this one.
    pub(super) fn above(&self) -> Self {
        if self.negative {
            return Self::zero();
        }
        Self { negative: false, digits: vec![1], exponent: self.exponent.max(0).saturating_add(1) }
    }

    /// A round number below this one.
    pub(super) fn below(&self) -> Self {
        self.negated().above().negated()
    }

    /// A number between this one and a larger one, with one digit more than the longer of the two;
    /// `None` if it would be too long.
    pub(super) fn between(&self, larger: &Self) -> Option<Self> {
        match (self.negative, larger.negative || larger.digits.is_empty()) {
            (true, false) => Some(Self::zero()),
            (true, true) => {
                larger.negated().between(&self.negated()).map(|number| number.negated())
            }
            (false, _) => {
                let place = self.places().max(larger.places()) + 1;
                let size = self.exponent.max(0) + place;
                if !(1..=LONGEST).contains(&size) {
                    return None;
                }
                let zeros = if self.digits.is_empty() {
                    0
                } else {
                    usize::try_from(-self.exponent.min(0)).ok()?
                };
                let mut digits = vec![0; zeros];
                digits.extend(&self.digits);
                digits.resize(usize::try_from(size).ok()?.checked_sub(1)?, 0);
                digits.push(1);
                Some(Self::normal(false, digits, self.exponent.max(0)))
            }
        }
    }

    /// The number of digits after the decimal point.
    fn places(&self) -> i64 {
        (length(self.digits.len()) - self.exponent).max(0)
    }

    /// The number in JSON notation.
    pub(super) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let count = length(digits.len());
        if digits.is_empty() {
            return "0".to_owned();
        }
        match usize::try_from(self.exponent) {
            Ok(whole) if (1..=20).contains(&whole) => {
                if self.exponent >= count {
                    format!("{sign}{digits:0<whole$}")
                } else {
                    let (before, after) = digits.split_at_checked(whole).unwrap_or((&digits, ""));
                    format!("{sign}{before}.{after}")
                }
            }
            Ok(0) => format!("{sign}0.{digits}"),
            _ => {
                let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
                let point = if rest.is_empty() { "" } else { "." };
                format!("{sign}{first}{point}{rest}e{}", self.exponent - 1)
            }
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = || match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => {
                self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits))
            }
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(),
            (true, true) => magnitude().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits
        .bytes()
        .fold(0, |sum: i64, byte| (sum * 10 + i64::from(byte - b'0')).min(LARGEST_EXPONENT));
    Some(if negative { -size } else { size })
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn equal_values_are_equal_however_they_are_written() {
        for same in [
            &["1", "1.0", "01", "10e-1", "0.1e1", "+1", "1E0"][..],
            &["0", "-0", "0.00", "0e9"],
            &["-1500", "-1.5e3", "-1.5E+3"],
        ] {
            for text in same {
                assert_eq!(number(text), number(same[0]), "{text}");
            }
        }
    }

    #[test]
    fn order_is_exact() {
        let ascending = [
            "-1e99",
            "-10",
            "-9.5",
            "-9",
            "-0.001",
            "-1e-30",
            "0",
            "1e-30",
            "0.001",
            "0.01",
            "0.1",
            "0.10000000000000000001",
            "1",
            "9",
            "9007199254740992",
            "9007199254740993",
            "1e99999999999999999999",
        ];
        for (at, left) in ascending.iter().enumerate() {
            for (against, right) in ascending.iter().enumerate() {
                assert_eq!(number(left).cmp(&number(right)), at.cmp(&against), "{left} {right}");
            }
        }
    }

    #[test]
    fn neighbors_lie_where_they_should() {
        let ascending = [
            "-12.5",
            "-10",
            "-0.01",
            "0",
            "0.001",
            "0.002",
            "5",
            "6",
            "100",
            "9007199254740992",
            "9007199254740993",
        ];
        for pair in ascending.windows(2) {
            let (low, high) = (number(pair[0]), number(pair[1]));
            let middle = low.between(&high).unwrap();
            assert!(low < middle && middle < high, "{pair:?} {}", middle.text());
            assert!(low.below() < low && low < low.above());
            assert_eq!(number(&middle.text()), middle);
        }
        assert_eq!(number("1e-999999").between(&number("1e-999998")), None);
        for (text, written) in [
            ("5", "5"),
            ("-0.25", "-0.25"),
            ("1500", "1500"),
            ("1e30", "1e30"),
            ("1.25e-7", "1.25e-7"),
            ("0", "0"),
            ("1.5e1", "15"),
        ] {
            assert_eq!(number(text).text(), written);
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "", "-", "+", ".", ".5", "5.", "1e", "1e+", "e5", "1.2.3", "1,5", " 1", "1 ", "--1",
            "0x1", "NaN", "1e5.5", "١",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
