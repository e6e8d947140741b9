//! The templates of the stacks, and what they say of their parameters.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::DeployError;
use super::stack::Parameters;

/// The template of the stack of one account.
pub(super) const SINGLE_ACCOUNT: &str = include_str!("../../../../cfn/single-account.yaml");
/// The template of the stack of an organization.
pub(super) const ORGANIZATION: &str = include_str!("../../../../cfn/organization.yaml");

/// The longest value of a parameter, in bytes.
const VALUE_LIMIT: usize = 4_096;

/// The parameter with the digest of the others.
pub(super) const SETTINGS: &str = "Settings";

/// A template of CloudFormation, or of a conformance pack.
#[derive(Debug)]
pub(super) struct Template {
    text: &'static str,
    parameters: BTreeMap<String, Parameter>,
}

#[derive(Deserialize)]
struct Sections {
    #[serde(rename = "Parameters", default)]
    parameters: BTreeMap<String, Parameter>,
}

/// What a template says of a parameter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    #[serde(rename = "Type")]
    kind: String,
    default: Option<Value>,
    #[serde(default)]
    allowed_values: Vec<Value>,
    allowed_pattern: Option<String>,
    min_value: Option<i64>,
    max_value: Option<i64>,
}

/// A value as CloudFormation takes it: in words.
fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Parameter {
    /// Why CloudFormation would not take a value: what it takes instead.
    fn refusal(&self, value: &str) -> Option<String> {
        if !self.allowed_values.is_empty() {
            let allowed: Vec<String> = self.allowed_values.iter().map(words).collect();
            return (!allowed.iter().any(|known| known == value))
                .then(|| format!("one of {}", allowed.join(", ")));
        }
        if self.kind == "Number" {
            let (min, max) =
                (self.min_value.unwrap_or(i64::MIN), self.max_value.unwrap_or(i64::MAX));
            return (!value.parse().is_ok_and(|number| (min..=max).contains(&number)))
                .then(|| format!("a number from {min} to {max}"));
        }
        let pattern = self.allowed_pattern.as_deref()?;
        let is_list = self.kind == "CommaDelimitedList";
        // CloudFormation asks whether the whole value matches. A pattern that cannot be read here
        // is left to it.
        let whole = Regex::new(&format!("^(?:{pattern})$")).ok()?;
        let mut values: Vec<&str> =
            if is_list { value.split(',').map(str::trim).collect() } else { vec![value] };
        values.retain(|value| !whole.is_match(value));
        (!values.is_empty()).then(|| {
            format!(
                "{} of the pattern {pattern}",
                if is_list { "values, with commas," } else { "a value" }
            )
        })
    }
}

impl Template {
    /// Reads a template that is part of this program.
    pub(super) fn read(text: &'static str) -> Result<Self, DeployError> {
        let Sections { parameters } = serde_saphyr::from_str(text)
            .map_err(|error| DeployError::Template(error.to_string()))?;
        Ok(Self { text, parameters })
    }

    /// Its text, with the names of its buckets written out: CloudFormation takes over a bucket that
    /// exists only where its name is no function.
    pub(super) fn with_bucket_names(&self, prefix: &str, region: &str) -> String {
        let name_of = |suffix: &str| {
            format!("BucketName:\n        \"Fn::Sub\": ${{CodeBucketPrefix}}-{suffix}\n")
        };
        let written_out = |suffix: &str| format!("BucketName: \"{prefix}-{suffix}\"\n");
        self.text
            .replace(&name_of("${AWS::Region}"), &written_out(region))
            .replace(&name_of("register"), &written_out("register"))
    }

    /// The names of its parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// Whether it has a parameter.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.contains_key(name)
    }

    /// What a parameter is when it is not given.
    pub(super) fn default(&self, name: &str) -> Option<String> {
        self.parameters.get(name)?.default.as_ref().map(words)
    }

    /// The parameters, with the digest of them all as they will be. It is a tag of a bucket:
    /// CloudFormation changes nothing, not even parameters, where no resource changes.
    pub(super) fn settle(&self, mut given: Parameters) -> Parameters {
        let mut digest = Sha256::new();
        for name in self.parameters().filter(|name| *name != SETTINGS) {
            let value = given.get(name).cloned().or_else(|| self.default(name)).unwrap_or_default();
            digest.update(format!("{name} {} {value}\n", value.len()));
        }
        given.insert(
            SETTINGS.to_owned(),
            digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect(),
        );
        given
    }

    /// Refuses a value that CloudFormation would not take.
    pub(super) fn check(&self, name: &str, value: &str) -> Result<(), DeployError> {
        let too_long =
            || (value.len() > VALUE_LIMIT).then(|| format!("{VALUE_LIMIT} bytes at most"));
        match self
            .parameters
            .get(name)
            .and_then(|parameter| parameter.refusal(value).or_else(too_long))
        {
            Some(wanted) => Err(DeployError::ParameterValue {
                name: name.to_owned(),
                value: value.to_owned(),
                wanted,
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single_account() -> Template {
        Template::read(SINGLE_ACCOUNT).expect("a template")
    }

    fn organization() -> Template {
        Template::read(ORGANIZATION).expect("a template")
    }

    #[test]
    fn defaults_are_read_from_the_template() {
        let template = single_account();
        let default = |name: &str| template.default(name);
        assert_eq!(
            (default("Level").as_deref(), default("Release").as_deref()),
            (Some("2"), Some(""))
        );
        assert_eq!(
            (default("LogRetentionDays").as_deref(), default("HomeRegion")),
            (Some("90"), None)
        );
    }

    #[test]
    fn values_are_checked_as_cloudformation_does() {
        let cases = [
            ("Level", "3", Some("one of 2, 1")),
            ("Level", "1", None),
            ("LogRetentionDays", "31", Some("one of 1, 3, 5")),
            ("LogRetentionDays", "30", None),
            ("MemorySize", "64", Some("a number from 128 to 10240")),
            ("MemorySize", "much", Some("a number")),
            ("MemorySize", "512", None),
            ("AlarmTopicArn", "topic", Some("a value of the pattern")),
            ("AlarmTopicArn", "", None),
            ("AlarmTopicArn", "arn:aws:sns:us-east-1:111122223333:alarms", None),
            ("OrganizationalUnitIds", "banana", Some("values, with commas, of the pattern")),
            ("OrganizationalUnitIds", "r-ab12,banana", Some("values, with commas, of the pattern")),
            ("OrganizationalUnitIds", "r-ab12, ou-ab12-11111111", None),
            ("ExcludedAccounts", "", None),
            ("ExcludedAccounts", "111122223333,12", Some("values, with commas, of the pattern")),
            ("Unknown", "value", None),
        ];
        for (name, value, expected) in cases {
            match (organization().check(name, value), expected) {
                (Ok(()), None) => {}
                (Err(DeployError::ParameterValue { wanted, .. }), Some(expected)) => {
                    assert!(wanted.contains(expected), "{name}={value}: {wanted}")
                }
                (result, _) => panic!("{name}={value}: {result:?}"),
            }
        }
    }

    #[test]
    fn settings_are_those_of_all_parameters_given_or_not() {
        let settings = |given: &[(&str, &str)]| {
            single_account()
                .settle(
                    given
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                        .collect(),
                )
                .remove(SETTINGS)
                .expect("a digest")
        };
        assert_eq!(
            settings(&[]),
            settings(&[("Level", "2"), (SETTINGS, "0011")]),
            "a default says the same as no value"
        );
        assert_ne!(settings(&[]), settings(&[("Level", "1")]));
        single_account().check(SETTINGS, &settings(&[])).expect("a value that the template takes");
    }

    #[test]
    fn every_pattern_can_be_read_here() {
        for template in [single_account(), organization()] {
            for (name, parameter) in &template.parameters {
                let pattern = parameter.allowed_pattern.as_deref().unwrap_or_default();
                assert!(Regex::new(pattern).is_ok(), "{name}: {pattern}");
            }
        }
    }

    #[test]
    fn names_of_buckets_are_written_out() {
        for template in [single_account(), organization()] {
            let template = template.with_bucket_names("p-1", "eu-west-1");
            let names: Vec<&str> = template
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("BucketName:"))
                .collect();
            assert_eq!(names, [" \"p-1-eu-west-1\"", " \"p-1-register\""]);
        }
    }

    #[test]
    fn templates_fit_into_a_call_and_have_what_is_sent() {
        for template in [single_account(), organization()] {
            assert!(
                template.text.len() <= 51_200,
                "{} bytes: CloudFormation takes 51,200 in a call",
                template.text.len()
            );
            for name in [
                "Release",
                "CodeBucketPrefix",
                "HomeRegion",
                "Level",
                "Architecture",
                "Publish",
                "LogRetentionDays",
                "Settings",
            ] {
                assert!(template.has(name), "{name}");
            }
        }
        for name in [
            "OrganizationId",
            "OrganizationalUnitIds",
            "Regions",
            "FunctionsHere",
            "CallAs",
            "ManagementAccountId",
            "PacksByStack",
        ] {
            assert!(organization().has(name), "{name}");
        }
    }
}
