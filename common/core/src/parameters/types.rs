//! The types of parameters: the form of a value, and its meaning.

use crate::aws::AccountId;
use crate::facts::TrailBucket;
use crate::glob;

/// The type of a parameter.
pub trait ParameterType: Sized {
    /// The description of a valid value.
    const EXPECTS: &'static str;
    /// The exact form of a valid value, as a regular expression of JSON Schema.
    const PATTERN: &'static str;
    /// The ranges of valid whole numbers.
    const NUMBERS: &'static [(i64, i64)] = &[];
    /// Whether `true` and `false` are valid.
    const BOOLEANS: bool = false;

    /// Parses a value.
    fn parse(text: &str) -> Option<Self>;
}

/// The largest whole number that every JSON parser preserves.
pub(super) const LARGEST: i64 = (1 << 53) - 1;
/// The range of numbers that are account ids.
const TWELVE_DIGITS: &[(i64, i64)] = &[(100_000_000_000, 999_999_999_999)];

/// A number of days, 1 to 3,650.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub i64);

impl ParameterType for Days {
    const EXPECTS: &'static str = "a whole number of days from 1 to 3650";
    const PATTERN: &'static str =
        "^ *0*([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650) *$";
    const NUMBERS: &'static [(i64, i64)] = &[(1, 3650)];

    fn parse(text: &str) -> Option<Self> {
        whole_number(text).filter(|days| (1..=3650).contains(days)).map(Self)
    }
}

/// A number of hours, 1 to 8,760.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours(pub i64);

impl ParameterType for Hours {
    const EXPECTS: &'static str = "a whole number of hours from 1 to 8760";
    const PATTERN: &'static str =
        "^ *0*([1-9][0-9]{0,2}|[1-7][0-9]{3}|8[0-6][0-9]{2}|87[0-5][0-9]|8760) *$";
    const NUMBERS: &'static [(i64, i64)] = &[(1, 8760)];

    fn parse(text: &str) -> Option<Self> {
        whole_number(text).filter(|hours| (1..=8760).contains(hours)).map(Self)
    }
}

/// Kinds of traffic, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficTypes(pub Vec<String>);

impl ParameterType for TrafficTypes {
    const EXPECTS: &'static str = "ACCEPT, REJECT or ALL, separated by commas";
    const PATTERN: &'static str = "^ *(ACCEPT|REJECT|ALL) *(, *(ACCEPT|REJECT|ALL) *)*$";

    fn parse(text: &str) -> Option<Self> {
        let known =
            |name: &str| matches!(name, "ACCEPT" | "REJECT" | "ALL").then(|| name.to_owned());
        text.split(',').map(|name| known(name.trim_matches(' '))).collect::<Option<_>>().map(Self)
    }
}

/// An account, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaybeAccount(pub Option<AccountId>);

impl ParameterType for MaybeAccount {
    const EXPECTS: &'static str = "a twelve-digit account id, or none";
    const PATTERN: &'static str = "^(none|[0-9]{12})$";
    const NUMBERS: &'static [(i64, i64)] = TWELVE_DIGITS;

    fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            Some(Self(None))
        } else {
            AccountId::new(text).ok().map(|account| Self(Some(account)))
        }
    }
}

/// Ports, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(pub Vec<u16>);

impl ParameterType for Ports {
    const EXPECTS: &'static str = "port numbers from 0 to 65535, separated by commas";
    const PATTERN: &'static str = concat!(
        "^ *0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])",
        " *(, *0*",
        "([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]) *)*$"
    );
    const NUMBERS: &'static [(i64, i64)] = &[(0, 65_535)];

    fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(|port| whole_number(port).and_then(|port| u16::try_from(port).ok()))
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// A whole number, 1 to 9,999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub i64);

impl ParameterType for Count {
    const EXPECTS: &'static str = "a whole number from 1 to 9999";
    const PATTERN: &'static str = "^ *0*[1-9][0-9]{0,3} *$";
    const NUMBERS: &'static [(i64, i64)] = &[(1, 9999)];

    fn parse(text: &str) -> Option<Self> {
        whole_number(text).filter(|count| (1..=9_999).contains(count)).map(Self)
    }
}

/// Accounts, separated by commas. Empty if the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountIds(pub Vec<AccountId>);

impl ParameterType for AccountIds {
    const EXPECTS: &'static str = "twelve-digit account ids, separated by commas";
    const PATTERN: &'static str = "^ *([0-9]{12} *(, *[0-9]{12} *)*)?$";
    const NUMBERS: &'static [(i64, i64)] = TWELVE_DIGITS;

    fn parse(text: &str) -> Option<Self> {
        list(text, |id| AccountId::new(id).ok()).map(Self)
    }
}

/// S3 buckets, separated by commas. Empty if the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBuckets(pub Vec<TrailBucket>);

impl ParameterType for NamedBuckets {
    const EXPECTS: &'static str = "names of S3 buckets, separated by commas";
    const PATTERN: &'static str = "^ *([A-Za-z0-9._-]{3,255} *(, *[A-Za-z0-9._-]{3,255} *)*)?$";
    // A bucket can be named 123 or true.
    const NUMBERS: &'static [(i64, i64)] = &[(-LARGEST, -10), (100, LARGEST)];
    const BOOLEANS: bool = true;

    fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            (3..=255).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        list(text, |name| is_name(name).then(|| TrailBucket(name.to_owned()))).map(Self)
    }
}

/// ARNs of SNS topics with wildcards, separated by commas. Empty if the text is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicArns(pub Vec<String>);

impl TopicArns {
    /// Whether one of them matches a topic.
    pub fn matches(&self, topic: &str) -> bool {
        self.0.iter().any(|pattern| glob::matches(pattern, topic))
    }
}

impl ParameterType for TopicArns {
    const EXPECTS: &'static str = "ARNs of SNS topics, separated by commas; * and ? are wildcards";
    const PATTERN: &'static str =
        "^ *(arn:[A-Za-z0-9:._*?-]{5,300} *(, *arn:[A-Za-z0-9:._*?-]{5,300} *)*)?$";

    fn parse(text: &str) -> Option<Self> {
        let is_arn = |arn: &str| {
            arn.strip_prefix("arn:").is_some_and(|rest| {
                (5..=300).contains(&rest.len())
                    && rest
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b":._*?-".contains(&byte))
            })
        };
        list(text, |arn| is_arn(arn).then(|| arn.to_owned())).map(Self)
    }
}

/// Parses a comma-separated list. An empty text has no elements.
fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if text.trim_matches(' ').is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|element| parse(element.trim_matches(' '))).collect()
}

impl ParameterType for bool {
    const EXPECTS: &'static str = "true or false";
    const PATTERN: &'static str = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$";
    const BOOLEANS: bool = true;

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim_matches(' ');
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The result in AWS Config for "not assessed".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotAssessedAs {
    /// Not applicable: AWS Config has no separate result for it.
    #[default]
    NotApplicable,
    /// Non-compliant: the organization fails closed.
    NonCompliant,
}

impl ParameterType for NotAssessedAs {
    const EXPECTS: &'static str = "notApplicable or nonCompliant";
    const PATTERN: &'static str = "^(notApplicable|nonCompliant)$";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "notApplicable" => Some(Self::NotApplicable),
            "nonCompliant" => Some(Self::NonCompliant),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(Days::parse(" 45 "), Some(Days(45)));
        for bad in ["0", "-1", "4.5", "3651", "", "forty"] {
            assert_eq!(Days::parse(bad), None, "{bad}");
        }
        assert_eq!(Count::parse("24"), Some(Count(24)));
        for bad in ["0", "-1", "10000", ""] {
            assert_eq!(Count::parse(bad), None, "{bad}");
        }
        let accounts = |text| AccountIds::parse(text).map(|AccountIds(ids)| ids.len());
        assert_eq!((accounts(""), accounts("111122223333, 444455556666")), (Some(0), Some(2)));
        for bad in ["1111", "111122223333,", "111122223333 444455556666", ","] {
            assert_eq!(accounts(bad), None, "{bad}");
        }
        let buckets = |text| NamedBuckets::parse(text).map(|NamedBuckets(names)| names.len());
        assert_eq!((buckets(""), buckets("logs-1, Old_Logs")), (Some(0), Some(2)));
        for bad in ["a", "logs,", "arn:aws:s3:::logs"] {
            assert_eq!(buckets(bad), None, "{bad}");
        }
        let topics = TopicArns::parse("arn:aws:sns:*:444455556666:alarm?").expect("a list");
        assert!(topics.matches("arn:aws:sns:us-east-1:444455556666:alarms"));
        assert!(!topics.matches("arn:aws:sns:us-east-1:444455556666:alarms-2"));
        assert_eq!(TopicArns::parse(""), Some(TopicArns(Vec::new())));
        assert_eq!((TopicArns::parse("*"), TopicArns::parse("alarms")), (None, None));
        assert_eq!(Hours::parse("24"), Some(Hours(24)));
        assert_eq!(Hours::parse("0"), None);
        assert_eq!(
            TrafficTypes::parse("REJECT, ALL"),
            Some(TrafficTypes(vec!["REJECT".to_owned(), "ALL".to_owned()]))
        );
        assert_eq!(TrafficTypes::parse("all"), None);
        assert_eq!(MaybeAccount::parse("none"), Some(MaybeAccount(None)));
        assert_eq!(MaybeAccount::parse("1"), None);
        assert_eq!(Ports::parse("22, 3389"), Some(Ports(vec![22, 3389])));
        for bad in ["", "22,", "65536", "22 3389", "ssh"] {
            assert_eq!(Ports::parse(bad), None, "{bad}");
        }
    }
}
