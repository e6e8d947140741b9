//! Runs one control for one event of AWS Config: reads, decides, publishes. The Lambda function and
//! `plumbline invoke` both do just this.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use chrono::{DateTime, Utc};
use plumbline_core::aws::AccountId;
use plumbline_core::control::Control;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::{Counts, NotAssessed, ResourceRef};
use plumbline_core::event::{EventError, ItemSummary, RuleEvent, TEST_TOKEN, Trigger};
use plumbline_core::item::ConfigurationItem;
use plumbline_core::parameters::ParameterError;
use plumbline_core::view::Context;
use serde_json::Value;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::memory::MemoryLimit;
use crate::oversized::latest_item;
use crate::publish::config_rule::{ConfigRule, HeldResults, Published};
use crate::publish::security_hub::{self, HubAnswer, Import};
use crate::reader::{ReadLimits, ReadOrder, Reader};
use crate::register::{RegisterSource, register};
use crate::session::Session;
use crate::settings::{PublishMode, Settings};

/// What came of an event.
#[derive(Clone, Debug)]
pub struct Handled {
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
    /// What went to Security Hub; nothing when findings are switched off, and for a foreign rule.
    pub hub: Option<HubAnswer>,
    /// Whether the rule's parameters are not those that were deployed.
    pub is_foreign: bool,
    /// Where exceptions and attestations came from.
    pub register: RegisterSource,
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
    /// The rule's parameters are not those that were deployed, and the function serves other
    /// accounts.
    #[error(
        "rule {0} has other parameters than those that were deployed: nothing was evaluated. \
         Deploy them with 'plumbline deploy'"
    )]
    Foreign(String),
    /// The rule is of no conformance pack, and the function serves other accounts: an account's own
    /// rule, with whatever parameters, would replace the findings of the pack's.
    #[error(
        "rule {0} is of no conformance pack: nothing was evaluated. Functions for several accounts \
         serve the rules of conformance packs, which 'plumbline deploy' puts"
    )]
    NotOfPack(String),
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
    /// AWS Config does not know the event's result token: the event is not from AWS Config, or it
    /// is too late.
    #[error(
        "AWS Config rejected the result token of rule {0}: nothing was published. The event did \
         not come from AWS Config, or the function answered too late"
    )]
    RejectedToken(String),
    /// The credentials do not work.
    #[error(transparent)]
    Aws(#[from] crate::error::AwsError),
}

impl Handled {
    /// What is wrong although everything that could be published was: the invocation has to end in
    /// an error.
    pub fn failure(&self) -> Option<String> {
        let mut problems = Vec::new();
        if let Some(why) = self.register.failure() {
            problems.push(format!("nothing was waived or attested. {why}"));
        }
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

/// When a run has to be over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Instant>);

/// What publishing leaves for the answer of the function.
const LAST_MOMENTS: Duration = Duration::from_secs(5);

impl Deadline {
    /// At a moment.
    pub fn at(moment: Instant) -> Self {
        Self(Some(moment))
    }

    /// When the last request has to be answered.
    fn of_publishing(self) -> Option<Instant> {
        self.0.map(|moment| moment.checked_sub(LAST_MOMENTS).unwrap_or(moment))
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
    deadline: Deadline,
) -> Result<Handled, RuleError> {
    let RuleEvent {
        account,
        rule_name,
        region: rule_region,
        is_of_pack,
        result_token,
        parameters,
        trigger,
    } = RuleEvent::parse(event, now)?;
    if settings.role.is_some() && !is_of_pack {
        return Err(RuleError::NotOfPack(rule_name));
    }
    let configured = |parameters| {
        let page = settings.docs_url.as_ref().map(|docs| docs.page(control));
        control
            .configure(parameters)
            .map(|configured| configured.with_page(page))
            .map_err(|error| RuleError::Parameters { rule: rule_name.clone(), error })
    };
    // A parameter without a value is one with its default.
    let deployed = settings.parameters.clone().map(|mut parameters| {
        parameters.retain(|_, value| !value.trim().is_empty());
        configured(parameters)
    });
    let deployed = deployed.transpose()?;
    let control = configured(parameters)?;
    let is_foreign = deployed.is_some_and(|deployed| deployed.effective() != control.effective());
    if is_foreign && settings.role.is_some() {
        return Err(RuleError::Foreign(rule_name));
    }
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
    let (register, register_source) = register(settings, session, own_account, now).await;
    let context = Context {
        account: account.clone(),
        partition,
        region,
        home_region: settings.home_region.clone(),
        now,
    };
    let ordering = trigger.time();
    let base = Job { control: &control, context: &context, register: &register, item: None };
    let rule = ConfigRule {
        session: &member,
        region: &context.region,
        name: &rule_name,
        result_token: &result_token,
        ordering,
        only_changes: settings.publish == PublishMode::Changes,
        until: deadline.of_publishing(),
    };
    let is_test = result_token == TEST_TOKEN;
    if is_test {
        tracing::info!(rule = rule_name, "the event is a test: nothing is published");
    }
    let publishes = settings.publish != PublishMode::Nothing && !is_test;
    let is_scheduled = matches!(trigger, Trigger::Schedule { .. });
    if is_scheduled {
        sleep(jitter(settings.jitter, base.control.control(), &context)).await;
    }
    let held = if is_scheduled && publishes { Some(rule.held().await) } else { None };
    let order = oldest_first(base.control.control(), held.as_ref(), now);
    let outcome = evaluate(&base, trigger, &member, deadline, settings.memory, order).await;

    let mut done = Handled {
        account,
        rule_name: rule_name.clone(),
        counts: Counts::of(&outcome.evaluations),
        unreadable: outcome
            .evaluations
            .iter()
            .filter(|evaluation| {
                !matches!(
                    evaluation.not_assessed.as_deref(),
                    None | Some(NotAssessed::NeedsAttestation(_))
                )
            })
            .count(),
        outcome,
        config: Published::default(),
        hub: None,
        is_foreign,
        register: register_source,
    };
    if publishes {
        let answer = rule.publish(&base, &done.outcome, held.as_ref()).await;
        if answer.rejected_token {
            return Err(RuleError::RejectedToken(rule_name));
        }
        if is_foreign {
            tracing::warn!(
                rule = rule_name,
                "the rule's parameters are not those that were deployed: its findings are not \
                 imported"
            );
        } else if settings.security_hub {
            let import = Import { ordering, taken: Some(&answer), until: deadline.of_publishing() };
            let hub = security_hub::publish(&member, &base, &done.outcome, &import).await;
            if hub == HubAnswer::NotEnabled {
                tracing::warn!(
                    account = done.account.as_str(),
                    region = context.region,
                    "Security Hub is not enabled here; the evaluations are in AWS Config only"
                );
            }
            done.hub = Some(hub);
        }
        done.config = answer.published;
    }
    Ok(done)
}

/// How long a scheduled run waits: every day the same, and for each account, Region and control
/// something else.
fn jitter(most: Duration, control: &Control, context: &Context) -> Duration {
    let mut hasher = DefaultHasher::new();
    (context.account.as_str(), &context.region, control.id.as_str()).hash(&mut hasher);
    // The upper 32 bits as a share of the whole.
    let share = u32::try_from(hasher.finish() >> 32).unwrap_or_default();
    most.mul_f64(f64::from(share) / f64::from(u32::MAX))
}

/// What is read first: resources of which AWS Config holds no result (those that an earlier run did
/// not reach are among them), then those with the oldest. Where that is not known, each day begins
/// somewhere else.
fn oldest_first(
    control: &Control,
    held: Option<&Result<HeldResults, String>>,
    now: DateTime<Utc>,
) -> ReadOrder {
    let resource_type = control.run.resource_type;
    match held {
        None => ReadOrder::default(),
        Some(Ok(held)) => {
            let held = held.clone();
            ReadOrder::by_rank(move |key| {
                held.recorded(resource_type, &key.id).map_or(i64::MIN, |time| time.timestamp())
            })
        }
        Some(Err(_)) => {
            let day = now.timestamp().div_euclid(86_400);
            ReadOrder::by_rank(move |key| {
                let mut hasher = DefaultHasher::new();
                (day, &key.id).hash(&mut hasher);
                i64::try_from(hasher.finish() >> 1).unwrap_or_default()
            })
        }
    }
}

/// Evaluates everything, or the resource that changed.
async fn evaluate(
    base: &Job<'_>,
    trigger: Trigger,
    session: &Session,
    deadline: Deadline,
    memory: Option<MemoryLimit>,
    order: ReadOrder,
) -> Outcome {
    let Context { account, partition, region, home_region, .. } = base.context;
    let resource = |summary: &ItemSummary| ResourceRef {
        resource_type: summary.resource_type.clone(),
        resource_id: summary.resource_id.clone(),
        arn: summary.arn.clone(),
        region: region.clone(),
    };
    let reader = || {
        Reader::new(session.clone(), account.clone(), *partition, home_region.clone())
            .within(ReadLimits { deadline: deadline.of_publishing(), memory, order, stop: None })
    };
    let item = match trigger {
        Trigger::Schedule { .. } => {
            return reader().complete(base).await;
        }
        Trigger::Deleted(summary) => return base.deleted(resource(&summary)),
        Trigger::Unrecorded(summary) => bare_item(&summary, region),
        Trigger::Change(item) => *item,
        Trigger::Oversized(summary) => match latest_item(session, region, &summary).await {
            Ok(None) => bare_item(&summary, region),
            // The history lags behind the event: what it holds is not what the event is about.
            Ok(Some(item)) if item.captured < summary.captured => bare_item(&summary, region),
            Ok(Some(item)) if item.status.is_present() => item,
            Ok(Some(item)) if item.status.is_deleted() => return base.deleted(resource(&summary)),
            Ok(Some(_)) => bare_item(&summary, region),
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
    let reader = reader();
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
