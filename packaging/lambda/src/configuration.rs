//! The configuration of the function, from its environment.

use plumbline_aws::settings::{Settings, SettingsError, given};
use plumbline_core::control::Control;
use plumbline_rules::registry::{CONTROLS, find};
use thiserror::Error;

use crate::metrics::Metrics;

/// The work of a function.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// It evaluates a control for a rule of AWS Config.
    Rule(&'static Control),
    /// It lists the accounts of an organization, and summarizes their results. `results` is the
    /// bucket.
    Accounts { results: String },
    /// It checks one account of an organization.
    Account { results: String },
}

/// The handlers that check an organization's accounts.
const ACCOUNTS: &str = "organization-accounts";
const ACCOUNT: &str = "organization-account";

/// The work of the function, and its settings.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) work: Work,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
}

/// The environment is invalid.
#[derive(Debug, Error)]
pub(crate) enum ConfigurationError {
    #[error("'{handler}' is not a handler: set the handler of the function to one of {valid}")]
    Handler { handler: String, valid: String },
    #[error("PLUMBLINE_RESULTS is not set: set it to the name of the bucket for results")]
    NoResults,
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl Configuration {
    /// Reads the environment through a function, so that tests need no environment.
    pub(crate) fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigurationError> {
        let handler = given(&variable, "_HANDLER").unwrap_or_default();
        let results = || given(&variable, "PLUMBLINE_RESULTS").ok_or(ConfigurationError::NoResults);
        let work = match handler.as_str() {
            ACCOUNTS => Work::Accounts { results: results()? },
            ACCOUNT => Work::Account { results: results()? },
            _ => Work::Rule(find(&handler).ok_or_else(|| ConfigurationError::Handler {
                handler,
                valid: format!(
                    "{}, {ACCOUNTS}, {ACCOUNT}",
                    CONTROLS.map(Control::rule_name).join(", ")
                ),
            })?),
        };
        let region = given(&variable, "AWS_REGION").unwrap_or_default();
        let metrics = match given(&variable, "PLUMBLINE_METRICS").as_deref() {
            Some("problems") => Metrics::Problems,
            None | Some("all") => Metrics::All,
            Some(value) => {
                return Err(SettingsError::Word {
                    name: "PLUMBLINE_METRICS",
                    value: value.to_owned(),
                    possible: "problems or all",
                }
                .into());
            }
        };
        Ok(Self {
            work,
            settings: Settings::from_environment(&region, variable, &CONTROLS)?,
            metrics,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(handler: &str) -> Result<Configuration, String> {
        with(handler, &[])
    }

    fn with_metrics(handler: &str, metrics: Option<&str>) -> Result<Configuration, String> {
        let metrics: Vec<(&str, &str)> =
            metrics.iter().map(|value| ("PLUMBLINE_METRICS", *value)).collect();
        with(handler, &metrics)
    }

    fn with(handler: &str, variables: &[(&str, &str)]) -> Result<Configuration, String> {
        let variable = |name: &str| match name {
            "_HANDLER" => Some(handler.to_owned()),
            "AWS_REGION" => Some("us-east-1".to_owned()),
            _ => variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned()),
        };
        Configuration::from_environment(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn the_handler_is_an_id_a_slug_or_a_rule_name() {
        for handler in ["1.4", "root-access-key", "cis-1-4-root-access-key"] {
            let Work::Rule(control) = configured(handler).expect("valid").work else {
                panic!("{handler} is a control")
            };
            assert_eq!(control.id.as_str(), "1.4");
        }
    }

    #[test]
    fn handlers_of_an_organization_need_a_bucket() {
        for handler in [ACCOUNTS, ACCOUNT] {
            let work = with(handler, &[("PLUMBLINE_RESULTS", "b")]).expect("valid").work;
            let (Work::Accounts { results } | Work::Account { results }) = work else {
                panic!("{handler} is no control")
            };
            assert_eq!(results, "b");
            let error = with(handler, &[]).expect_err("no bucket");
            assert!(error.contains("PLUMBLINE_RESULTS is not set"), "{error}");
        }
    }

    #[test]
    fn an_unknown_handler_lists_the_valid_ones() {
        let error = configured("cis-9-9").expect_err("unknown");
        for control in CONTROLS {
            assert!(error.contains(&control.rule_name()), "{error}");
        }
    }
    #[test]
    fn all_counters_are_metrics_by_default() {
        let metrics = |value| with_metrics("1.4", value).map(|configuration| configuration.metrics);
        assert_eq!(
            (metrics(None), metrics(Some("problems")), metrics(Some("all"))),
            (Ok(Metrics::All), Ok(Metrics::Problems), Ok(Metrics::All))
        );
        let error = metrics(Some("none")).expect_err("no such word");
        assert!(error.contains("PLUMBLINE_METRICS is 'none'"), "{error}");
    }
}
