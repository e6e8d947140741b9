//! The tags of all stacks. AWS CloudFormation sets them on the resources of the stacks.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types as cfn;
use aws_sdk_config::types as config;
use sha2::{Digest as _, Sha256};

use crate::error::DeployError;

/// The maximum number of tags of a stack.
const TAGS_LIMIT: usize = 50;
/// The start of the keys that templates set.
const OWN_TAGS: &str = "plumbline:";
/// The maximum lengths of keys and values, in characters.
const KEY_LIMIT: usize = 128;
const VALUE_LIMIT: usize = 256;
/// The characters besides letters and digits that all services accept.
const OTHER_CHARACTERS: &str = " _.:/=+@-";

/// The tags of all stacks: given, or those of the deployed home stack. `None` means that Plumbline
/// does not manage tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StackTags(Option<BTreeMap<String, String>>);

impl StackTags {
    /// Returns the given tags, otherwise those that the home stack has.
    pub(crate) fn new(
        given: Option<&BTreeMap<String, String>>,
        held: Option<&BTreeMap<String, String>>,
    ) -> Self {
        Self(given.or(held.filter(|tags| !tags.is_empty())).cloned())
    }

    /// Returns the tags.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether the tags of a stack are exactly these.
    pub(crate) fn are(&self, held: &BTreeMap<String, String>) -> bool {
        self.0.as_ref().is_none_or(|tags| held == tags)
    }

    /// Returns the tags for AWS CloudFormation. `None` keeps the tags of a stack.
    pub(crate) fn of_stack(&self) -> Option<Vec<cfn::Tag>> {
        let tag = |(key, value): (&str, &str)| cfn::Tag::builder().key(key).value(value).build();
        self.0.is_some().then(|| self.all().map(tag).collect())
    }

    /// Returns the tags for AWS Config.
    pub(crate) fn of_pack(&self) -> Option<Vec<config::Tag>> {
        let tag = |(key, value): (&str, &str)| config::Tag::builder().key(key).value(value).build();
        let tags: Vec<config::Tag> = self.all().map(tag).collect();
        (!tags.is_empty()).then_some(tags)
    }

    /// Returns a text that changes with the tags. It is empty without tags.
    pub(crate) fn digest(&self) -> String {
        if self.all().next().is_none() {
            return String::new();
        }
        let mut digest = Sha256::new();
        for (key, value) in self.all() {
            digest.update(format!("{} {key} {} {value}\n", key.len(), value.len()));
        }
        digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Formats the tags for the plan.
    pub(crate) fn text(&self) -> Option<String> {
        let tags: Vec<String> = self.all().map(|(key, value)| format!("{key}={value}")).collect();
        (!tags.is_empty()).then(|| {
            format!(
                "Tags: {}. AWS CloudFormation cannot set tags on managed policies and schedules.",
                tags.join(", ")
            )
        })
    }
}

/// Checks given tags as AWS does.
pub(crate) fn check(
    given: Option<&Vec<(String, String)>>,
) -> Result<Option<BTreeMap<String, String>>, DeployError> {
    let Some(given) = given else { return Ok(None) };
    let refuse = |key: &str, wanted: String| Err(DeployError::Tag { key: key.to_owned(), wanted });
    let is_plain = |text: &str| {
        text.chars().all(|one| one.is_alphanumeric() || OTHER_CHARACTERS.contains(one))
    };
    let mut tags = BTreeMap::new();
    for (key, value) in given {
        if key.is_empty() || key.chars().count() > KEY_LIMIT || !is_plain(key) {
            let wanted = format!(
                "a key of 1 to {KEY_LIMIT} letters, digits, spaces and characters of '_.:/=+@-'"
            );
            return refuse(key, wanted);
        }
        if ["aws:", OWN_TAGS].iter().any(|own| key.to_ascii_lowercase().starts_with(own)) {
            return refuse(key, format!("a key that does not begin with 'aws:' or '{OWN_TAGS}'"));
        }
        if value.chars().count() > VALUE_LIMIT || !is_plain(value) {
            let wanted = format!(
                "a value of at most {VALUE_LIMIT} letters, digits, spaces and characters of \
                 '_.:/=+@-'"
            );
            return refuse(key, wanted);
        }
        // IAM does not distinguish case in keys.
        if tags.keys().any(|other: &String| other.eq_ignore_ascii_case(key)) {
            return refuse(key, "each key once, regardless of case".to_owned());
        }
        tags.insert(key.clone(), value.clone());
    }
    if tags.len() > TAGS_LIMIT {
        let last = tags.keys().next_back().cloned().unwrap_or_default();
        return refuse(&last, format!("at most {TAGS_LIMIT} tags"));
    }
    Ok(Some(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_tags_are_checked() {
        let checked = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            check(Some(&pairs.collect())).is_ok()
        };
        assert!(checked(&[("CostCenter", "1 000"), ("team:owner", "a@example.com"), ("e", "")]));
        assert!(checked(&[]));
        let long = "x".repeat(129);
        for bad in [
            [("", "a")].as_slice(),
            &[("aws:x", "a")],
            &[("AWS:x", "a")],
            &[("a;", "a")],
            &[("a", "#")],
            &[(long.as_str(), "a")],
            &[("a", "1"), ("a", "2")],
        ] {
            assert!(!checked(bad), "{bad:?}");
        }
    }

    #[test]
    fn tags_are_given_or_those_of_the_home_stack() {
        let tags = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let (home, bare) = (tags(&[("a", "1")]), tags(&[]));
        let held = StackTags::new(None, Some(&home));
        assert!(held.are(&home) && !held.are(&bare));
        let none = StackTags::new(Some(&tags(&[])), Some(&home));
        assert!(!none.are(&home) && none.are(&bare), "given without tags");
        assert_eq!((none.of_stack(), none.digest()), (Some(Vec::new()), String::new()));
        let unmanaged = StackTags::new(None, Some(&bare));
        assert!(unmanaged.are(&home) && unmanaged.of_stack().is_none());
        assert_ne!(held.digest(), StackTags(Some(tags(&[("a", "2")]))).digest());
    }
}
