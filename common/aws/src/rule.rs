//! Runs one control for one event of AWS Config: reads, decides, publishes. The Lambda function and
//! `plumbline invoke` both do just this.

use chrono::{DateTime, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::control::Control;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::{Counts, NotAssessed, ResourceRef};
use plumbline_core::event::{EventError, ItemSummary, RuleEvent, Trigger};
use plumbline_core::item::ConfigurationItem;
use plumbline_core::parameters::ParameterError;
use plumbline_core::register::{Register, RegisterError};
use plumbline_core::view::Context;
use serde_json::Value;
use thiserror::Error;

use crate::history::latest_item;
use crate::publish::config_rule::{ConfigRule, Published};
use crate::publish::security_hub::{self, HubAnswer};
use crate::reader::Reader;
use crate::session::Session;
use crate::settings::{Publish, Settings};
use crate::store::{StoreError, read_document};

/// What came of an event.
#[derive(Clone, Debug)]
pub struct Done {
    /// The account.
    pub account: AccountId,
    /// The rule.
    pub rule_name: String,
    /// What was evaluated.
    pub outcome: Outcome,
    /// The outcomes, counted.
    pub counts: Counts,
    /// How many resources could not be assessed because something could not be read.
    pub unreadable: usize,
    /// What went to Config.
    pub config: Published,
    /// What went to Security Hub; nothing when findings are switched off.
    pub hub: Option<HubAnswer>,
}

/// Why an event could not be dealt with. Nothing was published.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The event is not one for a rule.
    #[error(transparent)]
    Event(#[from] EventError),
    /// A parameter of the rule is wrong.
    #[error("rule {rule}: {error}")]
    Parameters {
        /// The rule.
        rule: String,
        /// What is wrong.
        error: ParameterError,
    },
    /// The rule is of another Region.
    #[error(
        "the rule is in {rule} and the function in {function}: deploy the function in the rule's \
         Region"
    )]
    OtherRegion {
        /// The rule's Region.
        rule: String,
        /// The function's Region.
        function: String,
    },
    /// The rule is of another account, and the function has no role there.
    #[error(
        "the rule belongs to account {rule} and the function to {function}: set \
         PLUMBLINE_ROLE_NAME to the role that the function may assume there"
    )]
    OtherAccount {
        /// The rule's account.
        rule: AccountId,
        /// The function's account.
        function: AccountId,
    },
    /// The register cannot be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The register is not valid.
    #[error("{location}: {error}")]
    Register {
        /// Where it is.
        location: String,
        /// What is wrong.
        error: RegisterError,
    },
    /// The credentials do not work.
    #[error(transparent)]
    Aws(#[from] crate::error::AwsError),
}

impl Done {
    /// What is wrong although everything that could be published was: the invocation has to end in
    /// an error.
    pub fn failure(&self) -> Option<String> {
        let mut problems = Vec::new();
        if let Some(why) = self.outcome.failure() {
            problems.push(format!("nothing could be assessed. {}", why.reason()));
        }
        if !self.config.failures.is_empty() {
            problems.push(format!("AWS Config: {}", self.config.failure_text()));
        }
        if let Some(HubAnswer::Published(published)) = &self.hub
            && !published.failures.is_empty()
        {
            problems.push(format!("Security Hub: {}", published.failure_text()));
        }
        (!problems.is_empty()).then(|| problems.join("; "))
    }
}

/// Runs a control for an event. `session` has the function's own credentials and belongs to
/// `own_account`.
pub async fn run(
    control: &'static Control,
    event: Value,
    settings: &Settings,
    session: &Session,
    own_account: &AccountId,
    now: DateTime<Utc>,
) -> Result<Done, RuleError> {
    let RuleEvent { account, rule_name, region: rule_region, result_token, parameters, trigger } =
        RuleEvent::parse(event)?;
    let control = control
        .configure(parameters)
        .map_err(|error| RuleError::Parameters { rule: rule_name.clone(), error })?;
    let region = settings.region.clone();
    if let Some(rule) = rule_region.filter(|rule| *rule != region) {
        return Err(RuleError::OtherRegion { rule, function: region });
    }
    let partition = settings.partition;
    let member = match &settings.role {
        Some(role) => session.assume(&account, partition, role, settings.external_id.as_deref()),
        None if account == *own_account => session.clone(),
        None => {
            return Err(RuleError::OtherAccount { rule: account, function: own_account.clone() });
        }
    };
    let register = register(settings, session).await?;
    let context = Context {
        account: account.clone(),
        partition,
        region,
        home_region: settings.home_region.clone(),
        now,
    };
    let ordering = match &trigger {
        Trigger::Schedule { sent } => *sent,
        Trigger::Change(item) => item.captured,
        Trigger::Oversized(summary) | Trigger::Left(summary) => summary.captured,
    };
    let base = Job { control: &control, context: &context, register: &register, item: None };
    let outcome = evaluate(&base, trigger, &member).await;

    let mut done = Done {
        account,
        rule_name: rule_name.clone(),
        counts: Counts::of(&outcome.evaluations),
        unreadable: outcome
            .evaluations
            .iter()
            .filter(|evaluation| {
                !matches!(evaluation.not_assessed, None | Some(NotAssessed::NeedsAttestation(_)))
            })
            .count(),
        outcome,
        config: Published::default(),
        hub: None,
    };
    if settings.publish != Publish::Nothing {
        let only_changes = settings.publish == Publish::Changes;
        let rule = ConfigRule {
            session: &member,
            region: &context.region,
            name: &rule_name,
            result_token: &result_token,
            ordering,
            only_changes,
        };
        done.config = rule.publish(&base, &done.outcome).await;
        if settings.security_hub {
            let hub = security_hub::publish(&member, &base, &done.outcome, ordering).await;
            if hub == HubAnswer::NotEnabled {
                tracing::warn!(
                    account = done.account.as_str(),
                    region = context.region,
                    "Security Hub is not enabled here; the evaluations are in AWS Config only"
                );
            }
            done.hub = Some(hub);
        }
    }
    Ok(done)
}

async fn register(settings: &Settings, session: &Session) -> Result<Register, RuleError> {
    let Some(location) = &settings.register else { return Ok(Register::default()) };
    let text = read_document(session, location).await?;
    Register::parse(&text, settings.controls.iter().map(|control| control.registered()))
        .map_err(|error| RuleError::Register { location: location.clone(), error })
}

/// Evaluates everything, or the resource that changed.
async fn evaluate(base: &Job<'_>, trigger: Trigger, session: &Session) -> Outcome {
    let Context { account, partition, region, home_region, .. } = base.context;
    let resource = |summary: &ItemSummary| ResourceRef {
        resource_type: summary.resource_type.clone(),
        resource_id: summary.resource_id.clone(),
        arn: summary.arn.clone(),
        region: region.clone(),
    };
    let item = match trigger {
        Trigger::Schedule { .. } => {
            return Reader::new(session.clone(), account.clone(), *partition, home_region.clone())
                .complete(base)
                .await;
        }
        Trigger::Left(summary) => return base.left(resource(&summary)),
        Trigger::Change(item) => *item,
        Trigger::Oversized(summary) => match latest_item(session, region, &summary).await {
            Ok(None) => bare_item(&summary, region),
            // The history lags behind the event: what it holds is not what the event is about.
            Ok(Some(item)) if item.captured < summary.captured => bare_item(&summary, region),
            Ok(Some(item)) if item.status.is_present() => item,
            Ok(Some(_)) => return base.left(resource(&summary)),
            Err(error) => {
                tracing::warn!(%error, "the oversized item could not be fetched, so the resource \
                    is read instead");
                bare_item(&summary, region)
            }
        },
    };
    let control = base.control.control();
    if control.change_type() != Some(item.resource_type.as_str()) {
        return base.out_of_scope(resource(&ItemSummary::from(&item)));
    }
    let reader = Reader::new(session.clone(), account.clone(), *partition, home_region.clone());
    reader.preload((control.run.facts_from_item)(&item));
    reader.complete(&Job { item: Some(&item), ..*base }).await
}

/// An item that tells nothing but which resource it is: all facts are read.
fn bare_item(summary: &ItemSummary, region: &str) -> ConfigurationItem {
    ConfigurationItem {
        resource_type: summary.resource_type.clone(),
        resource_id: summary.resource_id.clone(),
        resource_name: None,
        arn: summary.arn.clone(),
        aws_account_id: summary.aws_account_id.clone(),
        aws_region: if summary.aws_region.is_empty() {
            region.to_owned()
        } else {
            summary.aws_region.clone()
        },
        status: summary.status,
        captured: summary.captured,
        configuration: Value::Null,
        supplementary_configuration: serde_json::Map::new(),
    }
}
