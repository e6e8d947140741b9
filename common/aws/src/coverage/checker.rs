//! What looking after accounts works with: its settings, sessions and controls.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::benchmark::Scope;
use plumbline_core::control::{ConfiguredControl, Control};
use plumbline_core::coverage::{CoverageRun, ExpectedControl, WithoutConfig};
use plumbline_core::parameters::Values;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::CoverageError;
use super::results::ResultsBucket;
use crate::session::Session;
use crate::settings::Settings;

/// What a state machine is set up with: the event with which a run begins. Lists are texts with
/// commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoverageSettings {
    /// The Regions that are governed.
    pub regions: String,
    /// The accounts that are excluded.
    pub excluded: String,
    /// The roots and organizational units whose accounts are looked after; all accounts when empty.
    pub units: String,
    /// The level of the packs: `1` or `2`.
    pub level: String,
    /// Whether packs are deployed: `on` or `off`.
    pub packs: String,
    /// What is done where AWS Config evaluates nothing.
    pub without_config: WithoutConfig,
    /// How many accounts are checked at the same time. A template's parameter is a number or a
    /// text within a definition, as AWS CloudFormation decides.
    #[serde(deserialize_with = "number_or_text")]
    pub max_concurrency: String,
    /// The parameters of the controls, by their names.
    pub parameters: Values,
}

impl CoverageSettings {
    pub(super) fn run(
        self,
        home_region: &str,
        now: DateTime<Utc>,
        management_account: Option<AccountId>,
    ) -> Result<CoverageRun, CoverageError> {
        let wrong = |what: &str, value: &str, expected: &str| {
            CoverageError::Settings(format!("{what} is '{value}': give {expected}"))
        };
        let level = match self.level.as_str() {
            "1" => 1,
            "2" => 2,
            other => return Err(wrong("level", other, "1 or 2")),
        };
        let has_packs = match self.packs.as_str() {
            "on" => true,
            "off" => false,
            other => return Err(wrong("packs", other, "on or off")),
        };
        let mut regions: BTreeSet<String> = listed(&self.regions).map(str::to_owned).collect();
        regions.insert(home_region.to_owned());
        if let Some(other) = regions.iter().find(|name| !plumbline_core::aws::is_region_name(name))
        {
            return Err(wrong("regions", other, "Regions with commas"));
        }
        let mut parameters = self.parameters;
        parameters.retain(|_, value| !value.trim().is_empty());
        Ok(CoverageRun {
            started_at: now,
            regions: regions.into_iter().collect(),
            home_region: home_region.to_owned(),
            management_account,
            level,
            has_packs,
            without_config: self.without_config,
            parameters,
        })
    }
}

impl CoverageSettings {
    /// How many accounts are checked at the same time; as many as AWS Step Functions lets run where
    /// nothing is given.
    pub(super) fn at_once(&self) -> Result<u16, CoverageError> {
        let text = self.max_concurrency.trim();
        let number = if text.is_empty() { Some(0) } else { text.parse().ok() };
        number.ok_or_else(|| {
            CoverageError::Settings(format!("max_concurrency is '{text}': give a number"))
        })
    }
}

fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrText {
        Number(u64),
        Text(String),
    }
    Ok(match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(number) => number.to_string(),
        NumberOrText::Text(text) => text,
    })
}

/// The values of a list.
pub(super) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty())
}

/// Looks after accounts.
#[derive(Clone, Debug)]
pub struct CoverageChecker {
    /// What the functions are configured with.
    pub settings: Settings,
    /// A session of the account that looks after the others.
    pub session: Session,
    /// That account.
    pub own_account: AccountId,
    /// Where results go.
    pub results: ResultsBucket,
    /// When the invocation is over.
    pub deadline: Option<Instant>,
    /// The time of the invocation.
    pub now: DateTime<Utc>,
}

impl CoverageChecker {
    /// The controls of a run with their parameters.
    pub(super) fn controls(
        &self,
        run: &CoverageRun,
    ) -> Result<Vec<ConfiguredControl>, CoverageError> {
        let configured = |control: &&'static Control| {
            let known: Vec<&str> = control.parameters().map(|parameter| parameter.name).collect();
            let mut values = run.parameters.clone();
            values.retain(|name, _| known.contains(&name.as_str()));
            let page = self.settings.docs_url.as_ref().map(|docs| docs.page(control));
            control.configure(values).map(|configured| configured.with_page(page)).map_err(
                |error| CoverageError::Parameters { control: control.id.to_string(), error },
            )
        };
        let controls = self.settings.controls.iter();
        controls.filter(|control| control.level <= run.level).map(configured).collect()
    }
}

/// The controls that have to be covered in a Region.
pub(super) fn expected(
    controls: &[ConfiguredControl],
    region: &str,
    home_region: &str,
) -> Vec<ExpectedControl> {
    controls
        .iter()
        .map(ConfiguredControl::control)
        .filter(|control| control.scope == Scope::Regional || region == home_region)
        .map(|control| ExpectedControl { id: control.id, rule_name: control.rule_name() })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(level: &str, packs: &str, regions: &str) -> Result<CoverageRun, String> {
        let settings = CoverageSettings {
            regions: regions.to_owned(),
            level: level.to_owned(),
            packs: packs.to_owned(),
            parameters: Values::from([
                ("maxAccessKeyAge".to_owned(), "60".to_owned()),
                ("trustedTopics".to_owned(), String::new()),
            ]),
            ..CoverageSettings::default()
        };
        settings.run("us-east-1", DateTime::UNIX_EPOCH, None).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_are_texts_of_a_template() {
        let run = settings("2", "on", "eu-west-1, us-east-1").expect("settings");
        assert_eq!(run.regions, ["eu-west-1", "us-east-1"]);
        assert!(run.has_packs && run.without_config == WithoutConfig::Scan);
        assert_eq!(run.parameters.len(), 1, "an empty parameter is none");
        let run = settings("1", "off", "").expect("settings");
        assert_eq!(run.regions, ["us-east-1"], "the home Region is always there");
    }

    #[test]
    fn a_number_of_accounts_is_a_number_or_a_text() {
        for (given, expected) in [
            (json!(50), Some(50)),
            (json!("50"), Some(50)),
            (json!(""), Some(0)),
            (json!("x"), None),
        ] {
            let settings: CoverageSettings =
                serde_json::from_value(json!({ "max_concurrency": given })).expect("settings");
            assert_eq!(settings.at_once().ok(), expected, "{given}");
        }
    }

    #[test]
    fn wrong_settings_are_named() {
        for (level, packs, regions, expected) in [
            ("3", "on", "", "level is '3': give 1 or 2"),
            ("", "on", "", "level is '': give 1 or 2"),
            ("2", "yes", "", "packs is 'yes': give on or off"),
            ("2", "on", "Mars", "regions is 'Mars'"),
        ] {
            let error = settings(level, packs, regions).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
    }
}
