//! Accounts, partitions and ARNs.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A twelve-digit AWS account id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// The text is not an account id.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("'{0}' is not an AWS account id: give its twelve digits, with leading zeros")]
pub struct NotAnAccountId(String);

impl AccountId {
    /// Checks that the text has twelve digits.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAnAccountId> {
        let text = text.into();
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(NotAnAccountId(text))
        }
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The names of an account. A name is absent if the account has none, or if it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNames {
    /// Its name in AWS Organizations or AWS Account Management.
    pub name: Option<String>,
    /// Its alias in IAM, with which users sign in.
    pub alias: Option<String>,
}

impl AccountNames {
    /// Whether the account has neither name.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.alias.is_none()
    }

    /// The name, or else the alias.
    pub fn shown(&self) -> Option<&str> {
        self.name.as_deref().or(self.alias.as_deref())
    }

    /// The account id with the name: `111122223333 example-prod`.
    pub fn label(&self, account: &AccountId) -> String {
        match self.shown() {
            Some(name) => format!("{account} {name}"),
            None => account.to_string(),
        }
    }
}

impl TryFrom<String> for AccountId {
    type Error = NotAnAccountId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl std::str::FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A group of Regions with its own accounts, names and endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Partition {
    /// The commercial Regions.
    #[default]
    #[serde(rename = "aws")]
    Aws,
    /// The Regions in China.
    #[serde(rename = "aws-cn")]
    China,
    /// The GovCloud Regions.
    #[serde(rename = "aws-us-gov")]
    GovCloud,
}

impl Partition {
    /// The partition of a Region, by the Region's name; `None` for partitions that the controls do
    /// not support.
    pub fn of_region(region: &str) -> Option<Self> {
        if region.starts_with("cn-") {
            Some(Self::China)
        } else if region.starts_with("us-gov-") {
            Some(Self::GovCloud)
        } else {
            let isolated =
                ["us-iso", "eu-iso", "eusc-"].iter().any(|other| region.starts_with(other));
            (!isolated).then_some(Self::Aws)
        }
    }

    /// The second field of an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    /// The Region in which global controls run, unless the configuration names another one.
    pub fn default_home_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::GovCloud => "us-gov-west-1",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Whether a text has the form of a Region's name (`us-east-1`, `us-gov-west-1`, `ap-southeast-4`).
pub fn is_region_name(text: &str) -> bool {
    let mut parts = text.split('-');
    let last_is_number = parts
        .next_back()
        .is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    last_is_number
        && (2..=4).contains(&words.len())
        && words
            .iter()
            .all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// The first parts of Region names, with the partitions of these Regions. AWS adds Regions more
/// often than areas (botocore's `partitions.json`, `regionRegex`).
const AREAS: [(&str, Partition); 11] = [
    ("af", Partition::Aws),
    ("ap", Partition::Aws),
    ("ca", Partition::Aws),
    ("cn", Partition::China),
    ("eu", Partition::Aws),
    ("il", Partition::Aws),
    ("me", Partition::Aws),
    ("mx", Partition::Aws),
    ("sa", Partition::Aws),
    ("us", Partition::Aws),
    ("us-gov", Partition::GovCloud),
];

/// The part before the number in Region names.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// Whether a text is the name of an existing or a possible future Region in a supported partition:
/// a known area, a direction and a number. `us-esat-1` and `ue-west-1` are not.
pub fn may_be_region(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let (number, direction, area) = (parts.next(), parts.next(), parts.next());
    let is_number = number.is_some_and(|number| {
        (1..=2).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let is_known = |area: &str| AREAS.iter().any(|(known, _)| *known == area);
    is_number
        && direction.is_some_and(|word| DIRECTIONS.contains(&word))
        && area.is_some_and(is_known)
}

/// The account field of an ARN, if it has one.
pub fn arn_account(arn: &str) -> Option<&str> {
    arn_field(arn, 4)
}

/// The Region field of an ARN, if it has one.
pub fn arn_region(arn: &str) -> Option<&str> {
    arn_field(arn, 3)
}

fn arn_field(arn: &str, index: usize) -> Option<&str> {
    let mut fields = arn.splitn(6, ':');
    (fields.next() == Some("arn")).then_some(())?;
    fields.nth(index - 1).filter(|field| !field.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_have_twelve_digits() {
        assert!(AccountId::new("012345678901").is_ok());
        for bad in ["", "12345678901", "1234567890123", "12345678901x", " 12345678901"] {
            assert!(AccountId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn regions_have_a_partition() {
        assert_eq!(Partition::of_region("cn-north-1"), Some(Partition::China));
        assert_eq!(Partition::of_region("us-gov-west-1"), Some(Partition::GovCloud));
        assert_eq!(Partition::of_region("us-east-1"), Some(Partition::Aws));
        for unknown in [
            "us-iso-east-1",
            "us-isob-east-1",
            "us-isof-south-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        ] {
            assert_eq!(Partition::of_region(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn region_names() {
        for good in
            ["us-east-1", "us-gov-west-1", "ap-southeast-12", "il-central-1", "mx-central-1"]
        {
            assert!(is_region_name(good), "{good}");
        }
        for bad in
            ["", "us-east", "us-east-", "US-EAST-1", "us east 1", "useast1", "global", "us-east-1a"]
        {
            assert!(!is_region_name(bad), "{bad}");
        }
    }

    /// Future Regions of each area are accepted. Names that differ by one letter are not.
    #[test]
    fn names_that_may_be_regions() {
        for (area, partition) in AREAS {
            for direction in DIRECTIONS {
                for number in [1, 2, 9, 12] {
                    let region = format!("{area}-{direction}-{number}");
                    assert!(may_be_region(&region) && is_region_name(&region), "{region}");
                    assert_eq!(Partition::of_region(&region), Some(partition), "{region}");
                }
            }
        }
        let known: Vec<String> = AREAS
            .iter()
            .flat_map(|(area, _)| DIRECTIONS.map(|direction| format!("{area}-{direction}-1")))
            .collect();
        // Two letters are swapped.
        for region in &known {
            for at in 1..region.len() {
                let mut letters: Vec<char> = region.chars().collect();
                letters.swap(at - 1, at);
                let typo: String = letters.into_iter().collect();
                assert!(known.contains(&typo) || !may_be_region(&typo), "{region} {typo}");
            }
        }
        for none in
            ["ue-west-1", "us-iso-east-1", "eusc-de-east-1", "us-east-0", "us-east-01", "east-1"]
        {
            assert!(!may_be_region(none), "{none}");
        }
    }

    #[test]
    fn arn_fields() {
        let arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/a:b";
        assert_eq!(arn_account(arn), Some("111122223333"));
        assert_eq!(arn_region(arn), Some("us-east-1"));
        assert_eq!(arn_account("arn:aws:s3:::bucket"), None);
        assert_eq!(arn_account("PendingConfirmation"), None);
    }
}
