//! The configuration of a rule's function, from its environment.

use std::time::Duration;

use plumbline_core::aws::{AccountId, NotAnAccountId, Partition, is_region_name};
use plumbline_core::control::Control;
use plumbline_core::parameters::Values;
use plumbline_core::remediation::{DocsUrl, NoDocsUrl};
use thiserror::Error;

use crate::memory::MemoryLimit;
use crate::session::role::{NotARoleName, RoleName};

/// The default maximum delay before a scheduled run begins, and the maximum that can be configured.
const JITTER: Duration = Duration::from_secs(5);
const MOST_JITTER: Duration = Duration::from_secs(60);

/// The configuration of a function. Events cannot change it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Region of the function.
    pub region: String,
    /// Its partition.
    pub partition: Partition,
    /// `PLUMBLINE_HOME_REGION`: the Region in which global controls run. Default: the partition's
    /// first Region.
    pub home_region: String,
    /// `PLUMBLINE_REGISTER`: the location of the register, `s3://BUCKET/KEY` or a file. Default: no
    /// register.
    pub register: Option<String>,
    /// `PLUMBLINE_PARAMETERS`: the parameters with which the control's rule was deployed, as a JSON
    /// object. Findings of rules with other parameters are not imported. Default: findings of all
    /// rules are imported.
    pub parameters: Option<Values>,
    /// `PLUMBLINE_REGISTER_OWNER`: the account that owns the register's bucket. Default: the
    /// function's own account.
    pub register_owner: Option<AccountId>,
    /// `PLUMBLINE_JITTER_MS`: the maximum delay before a scheduled run begins, 5,000 by default, so
    /// that functions that AWS Config starts together do not call AWS at the same time.
    pub jitter: Duration,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, which AWS Lambda sets: the memory that a run can use.
    /// Default: no limit.
    pub memory: Option<MemoryLimit>,
    /// `PLUMBLINE_ROLE_NAME`: the role to assume in the account of the rule. Default: the
    /// function's own credentials.
    pub role: Option<RoleName>,
    /// `PLUMBLINE_EXTERNAL_ID`: the external id that the role's trust policy requires.
    pub external_id: Option<String>,
    /// `PLUMBLINE_SECURITY_HUB`: whether findings are sent to Security Hub, `on` (default) or
    /// `off`.
    pub security_hub: bool,
    /// `PLUMBLINE_PUBLISH`: what is published.
    pub publish: PublishMode,
    /// `PLUMBLINE_DOCS_URL`: the address of the control pages, to which findings link. Default: the
    /// pages in the repository, if there is one.
    pub docs_url: Option<DocsUrl>,
    /// All controls, to validate the register.
    pub controls: &'static [&'static Control],
}

/// What a run publishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishMode {
    /// Every evaluation.
    #[default]
    All,
    /// To AWS Config, for periodic runs: only evaluations that differ from its results, or whose
    /// result is a week old. To Security Hub: the same as with `All`.
    Changes,
    /// Nothing.
    Nothing,
}

/// An environment variable has an invalid value.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The value is not a Region.
    #[error("{name} is '{value}', which is not a Region: give a Region such as us-east-1")]
    Region {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The Region is in a partition that the controls do not support: their ARNs and verdicts would
    /// be wrong there.
    #[error("Region {0} is in an unsupported partition: use a Region of aws, aws-cn or aws-us-gov")]
    UnknownPartition(String),
    /// The home Region is in another partition.
    #[error(
        "PLUMBLINE_HOME_REGION is '{home_region}', which is in another partition than {region}: \
         give a Region of the same partition"
    )]
    OtherPartition {
        /// The home Region.
        home_region: String,
        /// The function's Region.
        region: String,
    },
    /// The value is not one of the valid words.
    #[error("{name} is '{value}': give {possible}")]
    Word {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// The valid words.
        possible: &'static str,
    },
    /// The value is not an object of strings.
    #[error("PLUMBLINE_PARAMETERS: {0}: give a JSON object of strings")]
    Parameters(String),
    /// The value is not an account id.
    #[error("PLUMBLINE_REGISTER_OWNER: {0}")]
    RegisterOwner(#[from] NotAnAccountId),
    /// The value is not a number.
    #[error("PLUMBLINE_JITTER_MS is '{0}': give a number of milliseconds up to 60000")]
    Jitter(String),
    /// The value is not a role name.
    #[error("PLUMBLINE_ROLE_NAME: {0}")]
    Role(#[from] NotARoleName),
    /// The value is not an address of pages.
    #[error("PLUMBLINE_DOCS_URL: {0}")]
    DocsUrl(#[from] NoDocsUrl),
}

/// The value of a variable, without surrounding white space; `None` if it is empty.
pub fn given(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl Settings {
    /// Reads the environment through a function, so that tests need no environment. `region` is the
    /// Region of the function.
    pub fn from_environment(
        region: &str,
        variable: impl Fn(&str) -> Option<String>,
        controls: &'static [&'static Control],
    ) -> Result<Self, SettingsError> {
        let given = |name: &str| given(&variable, name);
        let region = checked_region("AWS_REGION", region.to_owned())?;
        let partition = Partition::of_region(&region)
            .ok_or_else(|| SettingsError::UnknownPartition(region.clone()))?;
        let home_region = match given("PLUMBLINE_HOME_REGION") {
            Some(value) => checked_region("PLUMBLINE_HOME_REGION", value)?,
            None => partition.default_home_region().to_owned(),
        };
        if Partition::of_region(&home_region) != Some(partition) {
            return Err(SettingsError::OtherPartition { home_region, region });
        }
        let wrong = |name, value: &str, possible| SettingsError::Word {
            name,
            value: value.to_owned(),
            possible,
        };
        let security_hub = match given("PLUMBLINE_SECURITY_HUB").as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(value) => return Err(wrong("PLUMBLINE_SECURITY_HUB", value, "on or off")),
        };
        let publish = match given("PLUMBLINE_PUBLISH").as_deref() {
            None | Some("all") => PublishMode::All,
            Some("changes") => PublishMode::Changes,
            Some(value) => return Err(wrong("PLUMBLINE_PUBLISH", value, "all or changes")),
        };
        Ok(Self {
            region,
            partition,
            home_region,
            register: given("PLUMBLINE_REGISTER"),
            parameters: given("PLUMBLINE_PARAMETERS")
                .map(|text| {
                    serde_json::from_str(&text)
                        .map_err(|error| SettingsError::Parameters(error.to_string()))
                })
                .transpose()?,
            register_owner: given("PLUMBLINE_REGISTER_OWNER").map(AccountId::new).transpose()?,
            jitter: match given("PLUMBLINE_JITTER_MS") {
                None => JITTER,
                Some(value) => value
                    .parse()
                    .map(Duration::from_millis)
                    .ok()
                    .filter(|jitter| *jitter <= MOST_JITTER)
                    .ok_or(SettingsError::Jitter(value))?,
            },
            memory: given("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                .and_then(|megabytes: String| megabytes.parse().ok())
                .map(MemoryLimit::megabytes),
            role: given("PLUMBLINE_ROLE_NAME").map(|name| RoleName::new(&name)).transpose()?,
            external_id: given("PLUMBLINE_EXTERNAL_ID"),
            security_hub,
            publish,
            docs_url: match given("PLUMBLINE_DOCS_URL") {
                Some(text) => Some(DocsUrl::new(&text)?),
                None => DocsUrl::of_repository(),
            },
            controls,
        })
    }
}

fn checked_region(name: &'static str, value: String) -> Result<String, SettingsError> {
    if is_region_name(&value) { Ok(value) } else { Err(SettingsError::Region { name, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(region: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Settings::from_environment(region, variable, &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn the_home_region_is_that_of_the_partition() {
        let home = |region| settings(region, &[]).expect("valid").home_region;
        assert_eq!(
            (home("eu-west-1"), home("cn-northwest-1"), home("us-gov-east-1")),
            ("us-east-1".into(), "cn-north-1".into(), "us-gov-west-1".into())
        );
    }

    #[test]
    fn empty_variables_are_not_set() {
        let settings = settings(
            "us-east-1",
            &[
                ("PLUMBLINE_REGISTER", " "),
                ("PLUMBLINE_ROLE_NAME", ""),
                ("PLUMBLINE_SECURITY_HUB", "off"),
            ],
        )
        .expect("valid");
        assert!(settings.register.is_none() && settings.role.is_none() && !settings.security_hub);
    }

    #[test]
    fn everything_is_published_by_default() {
        let publish =
            |value| settings("us-east-1", &[("PLUMBLINE_PUBLISH", value)]).expect("valid").publish;
        assert_eq!(
            (publish(""), publish("all"), publish("changes")),
            (PublishMode::All, PublishMode::All, PublishMode::Changes)
        );
    }

    #[test]
    fn wrong_values_are_refused() {
        for (name, value) in [
            ("PLUMBLINE_HOME_REGION", "mars"),
            ("PLUMBLINE_PUBLISH", "nothing"),
            ("PLUMBLINE_SECURITY_HUB", "maybe"),
            ("PLUMBLINE_ROLE_NAME", "arn:aws:iam::1:role/x"),
            ("PLUMBLINE_DOCS_URL", "http://wiki.example.com"),
        ] {
            let error = settings("us-east-1", &[(name, value)]).expect_err(name);
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
        assert!(settings("", &[]).is_err());
        assert!(
            settings("eusc-de-east-1", &[("PLUMBLINE_HOME_REGION", "eusc-de-east-1")])
                .expect_err("unknown")
                .contains("unsupported partition")
        );
    }
}
