//! The event with which AWS Config invokes a custom rule.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::aws::{AccountId, arn_account, arn_region, is_region_name};
use crate::item::{ConfigurationItem, ItemStatus};
use crate::parameters::{ParameterError, Values, parse_document};
use crate::time::seconds;

/// The event is not one that a custom rule can answer.
#[derive(Debug, Error)]
pub enum EventError {
    /// Not the shape of a rule event.
    #[error(
        "the event is not one of an AWS Config custom rule: {0}. Register the function as a custom \
         rule, or give an event that Config sent"
    )]
    Shape(String),
    /// The inner document is not what its type says.
    #[error("the event's invokingEvent cannot be read: {0}")]
    InvokingEvent(String),
    /// A message type without anything to evaluate.
    #[error(
        "message type '{0}' carries nothing to evaluate: trigger the rule by \
         ConfigurationItemChangeNotification, OversizedConfigurationItemChangeNotification or \
         ScheduledNotification"
    )]
    MessageType(String),
    /// The evaluation is of a resource that does not exist yet.
    #[error(
        "the evaluation mode is '{0}': nothing was evaluated. Set the rule's evaluation mode to \
         DETECTIVE"
    )]
    EvaluationMode(String),
    /// The accounts in the event differ.
    #[error(
        "the event is about account {item}, but the rule belongs to account {rule}: nothing was \
         evaluated"
    )]
    OtherAccount {
        /// The account of the item or of the schedule.
        item: String,
        /// The account of the rule.
        rule: String,
    },
    /// The rule's ARN names another account.
    #[error("the event's configRuleArn is of account {arn}, and its accountId is {account}")]
    OtherRuleAccount {
        /// The account in the ARN.
        arn: String,
        /// The event's account.
        account: String,
    },
    /// A time lies further ahead than clocks differ. What such an event says would count as newer
    /// than everything that comes after it.
    #[error(
        "the event is dated {0}, which is in the future: nothing was evaluated. Check the clock of \
         whoever sent it"
    )]
    Future(String),
    /// A parameter is wrong.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
}

/// How far a clock may be ahead. A time beyond it is not accepted, and a stored one counts as none.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(15);

/// Whether a time lies further ahead than clocks differ.
pub fn is_future(time: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now.checked_add_signed(CLOCK_SKEW).is_some_and(|latest| time > latest)
}

/// The token of events that someone wrote to try a rule: AWS Config gives it out to no rule.
pub const TEST_TOKEN: &str = "TESTMODE";

/// A rule's event, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleEvent {
    /// The account that owns the rule and the resources.
    pub account: AccountId,
    /// The rule's name.
    pub rule_name: String,
    /// The rule's Region, from its ARN.
    pub region: Option<String>,
    /// Whether the rule is of a conformance pack: AWS Config alone makes and changes such rules.
    pub is_of_pack: bool,
    /// The token that `PutEvaluations` wants back.
    pub result_token: String,
    /// The rule's parameters.
    pub parameters: Values,
    /// What there is to do.
    pub trigger: Trigger,
}

/// Why the rule runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// It is time.
    Schedule {
        /// When Config sent the notification.
        sent: DateTime<Utc>,
    },
    /// A resource changed.
    Change(Box<ConfigurationItem>),
    /// A resource changed, and its item has to be fetched.
    Oversized(ItemSummary),
    /// A resource left the rule's scope, or AWS Config does not record it. Both can be caused by
    /// settings that an administrator of the account changes, so the resource itself is read.
    Unrecorded(ItemSummary),
    /// A resource was deleted.
    Deleted(ItemSummary),
}

impl Trigger {
    /// The trigger for a resource that AWS Config does not describe.
    fn unrecorded(summary: ItemSummary) -> Self {
        if summary.status.is_deleted() { Self::Deleted(summary) } else { Self::Unrecorded(summary) }
    }

    /// When what the run is about was so: the item's capture time, or that of the notification.
    /// AWS Config and Security Hub keep the latest observation.
    pub fn time(&self) -> DateTime<Utc> {
        match self {
            Self::Schedule { sent } => *sent,
            Self::Change(item) => item.captured,
            Self::Oversized(summary) | Self::Unrecorded(summary) | Self::Deleted(summary) => {
                summary.captured
            }
        }
    }
}

/// What identifies an item.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemSummary {
    /// `AWS::S3::Bucket`, …
    pub resource_type: String,
    /// Config's id of the resource.
    pub resource_id: String,
    /// The account that holds it.
    pub aws_account_id: String,
    /// Its Region.
    #[serde(default)]
    pub aws_region: String,
    /// Its ARN, where it has one.
    #[serde(default, rename = "ARN", alias = "arn")]
    pub arn: Option<String>,
    /// What happened.
    #[serde(rename = "configurationItemStatus")]
    pub status: ItemStatus,
    /// When the item was captured.
    #[serde(rename = "configurationItemCaptureTime")]
    pub captured: DateTime<Utc>,
}

impl From<&ConfigurationItem> for ItemSummary {
    fn from(item: &ConfigurationItem) -> Self {
        Self {
            resource_type: item.resource_type.clone(),
            resource_id: item.resource_id.clone(),
            aws_account_id: item.aws_account_id.clone(),
            aws_region: item.aws_region.clone(),
            arn: item.arn.clone(),
            status: item.status,
            captured: item.captured,
        }
    }
}

/// The mode of an evaluation of resources that exist. In the other one, `PROACTIVE`, the caller of
/// `StartResourceEvaluation` writes the configuration item.
const DETECTIVE: &str = "DETECTIVE";

/// What the ARNs of conformance packs' rules name after the account.
const PACK_RULES: &str = "config-rule/aws-service-rule/config-conforms.amazonaws.com/";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent {
    invoking_event: String,
    #[serde(default)]
    rule_parameters: Option<Value>,
    result_token: String,
    #[serde(default)]
    event_left_scope: Option<bool>,
    #[serde(default)]
    evaluation_mode: Option<String>,
    #[serde(default)]
    config_rule_arn: Option<String>,
    config_rule_name: String,
    account_id: AccountId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageType {
    message_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scheduled {
    aws_account_id: String,
    notification_creation_time: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    configuration_item: ConfigurationItem,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OversizedChange {
    configuration_item_summary: ItemSummary,
}

fn inner<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, EventError> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
        .map_err(|error| EventError::InvokingEvent(in_words(&error)))
}

/// What is wrong, with the member where it is: no names of this program's types.
fn in_words(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let message = error.inner().to_string();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    let message = match (missing, message.split_once("expected struct ")) {
        (Some((name, _)), _) => format!("'{name}' is missing"),
        (None, Some((found, _))) if found.starts_with("invalid type: ") => {
            format!("{found}expected an object")
        }
        (None, Some(_)) => "expected an object".to_owned(),
        (None, None) => message,
    };
    let message = message
        .replace("invalid type: map", "found an object")
        .replace("invalid type: sequence", "found a list")
        .replace("invalid type: ", "found ");
    match error.path().to_string().as_str() {
        "." => message,
        path => format!("'{path}': {message}"),
    }
}

impl RuleEvent {
    /// Reads and checks an event that arrives now.
    pub fn parse(event: Value, now: DateTime<Utc>) -> Result<Self, EventError> {
        let event: RawEvent = serde_path_to_error::deserialize(event)
            .map_err(|error| EventError::Shape(in_words(&error)))?;
        if event.config_rule_name.is_empty() || event.config_rule_name.len() > 128 {
            return Err(EventError::Shape("configRuleName is not the name of a rule".to_owned()));
        }
        if let Some(mode) = event.evaluation_mode.filter(|mode| mode != DETECTIVE) {
            return Err(EventError::EvaluationMode(mode.chars().take(80).collect()));
        }
        let message: MessageType = inner(&event.invoking_event)?;
        let left = event.event_left_scope.unwrap_or(false);
        let (account, trigger) = match message.message_type.as_str() {
            "ScheduledNotification" => {
                let Scheduled { aws_account_id, notification_creation_time } =
                    inner(&event.invoking_event)?;
                (aws_account_id, Trigger::Schedule { sent: notification_creation_time })
            }
            "ConfigurationItemChangeNotification" => {
                let Changed { configuration_item: item } = inner(&event.invoking_event)?;
                let account = item.aws_account_id.clone();
                (
                    account,
                    if left || !item.status.is_present() {
                        Trigger::unrecorded(ItemSummary::from(&item))
                    } else {
                        Trigger::Change(Box::new(item))
                    },
                )
            }
            "OversizedConfigurationItemChangeNotification" => {
                let OversizedChange { configuration_item_summary: summary } =
                    inner(&event.invoking_event)?;
                let account = summary.aws_account_id.clone();
                (
                    account,
                    if left || !summary.status.is_present() {
                        Trigger::unrecorded(summary)
                    } else {
                        Trigger::Oversized(summary)
                    },
                )
            }
            other => return Err(EventError::MessageType(other.chars().take(80).collect())),
        };
        if account != event.account_id.as_str() {
            return Err(EventError::OtherAccount {
                item: account,
                rule: event.account_id.to_string(),
            });
        }
        let time = trigger.time();
        if is_future(time, now) {
            return Err(EventError::Future(seconds(time)));
        }
        let region = match event.config_rule_arn.as_deref() {
            None => None,
            Some(arn) => Some(region_of_rule(arn, &event.account_id)?.to_owned()),
        };
        Ok(Self {
            account: event.account_id,
            rule_name: event.config_rule_name,
            region,
            is_of_pack: event.config_rule_arn.as_deref().is_some_and(is_of_pack),
            result_token: event.result_token,
            parameters: parse_document(event.rule_parameters.as_ref())?,
            trigger,
        })
    }
}

/// Whether a rule's ARN is one that AWS Config gives the rules of conformance packs.
///
/// Source: the managed policy `ConfigConformsServiceRolePolicy`, `config:PutConfigRule`.
fn is_of_pack(arn: &str) -> bool {
    arn.splitn(6, ':').nth(5).is_some_and(|rule| rule.starts_with(PACK_RULES))
}

/// The Region in a rule's ARN, which has to be of the event's account.
fn region_of_rule<'a>(arn: &'a str, account: &AccountId) -> Result<&'a str, EventError> {
    let (Some(owner), Some(region)) =
        (arn_account(arn), arn_region(arn).filter(|region| is_region_name(region)))
    else {
        return Err(EventError::Shape("configRuleArn is not the ARN of a rule".to_owned()));
    };
    if owner != account.as_str() {
        return Err(EventError::OtherRuleAccount {
            arn: owner.chars().take(80).collect(),
            account: account.to_string(),
        });
    }
    Ok(region)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scheduled(sent: &str, arn: &str) -> Value {
        json!({
            "invokingEvent": json!({ "messageType": "ScheduledNotification",
                "awsAccountId": "111122223333", "notificationCreationTime": sent }).to_string(),
            "resultToken": "token", "configRuleName": "rule", "accountId": "111122223333",
            "configRuleArn": arn,
        })
    }

    fn parse(sent: &str, arn: &str) -> Result<RuleEvent, String> {
        let now = "2026-01-01T12:00:00Z".parse().expect("a moment");
        RuleEvent::parse(scheduled(sent, arn), now).map_err(|error| error.to_string())
    }

    const ARN: &str = "arn:aws:config:us-east-1:111122223333:config-rule/config-rule-abcdef";

    #[test]
    fn a_time_in_the_future_is_refused() {
        assert!(parse("2026-01-01T12:00:00Z", ARN).is_ok());
        assert!(parse("2026-01-01T12:15:00Z", ARN).is_ok(), "clocks differ");
        for sent in ["2026-01-01T12:15:01Z", "2099-01-01T00:00:00Z"] {
            let error = parse(sent, ARN).expect_err("the future");
            assert!(error.contains(sent), "{error}");
        }
    }

    #[test]
    fn errors_name_the_member_that_is_wrong() {
        let now = "2026-01-01T12:00:00Z".parse().expect("a moment");
        let with = |name: &str, value: Value| {
            let mut event = scheduled("2026-01-01T12:00:00Z", ARN);
            event[name] = value;
            RuleEvent::parse(event, now).expect_err("refused").to_string()
        };
        let item = |item: Value| {
            json!({ "messageType": "ConfigurationItemChangeNotification",
                "configurationItem": item })
            .to_string()
        };
        for (error, expected) in [
            (
                with("invokingEvent", json!({})),
                "'invokingEvent': found an object, expected a string",
            ),
            (with("resultToken", json!(null)), "'resultToken': found null"),
            (with("accountId", json!("12")), "'accountId'"),
            (
                with("evaluationMode", json!("PROACTIVE")),
                "the evaluation mode is 'PROACTIVE': nothing was evaluated",
            ),
            (
                with("invokingEvent", json!("[]")),
                "invokingEvent cannot be read: expected an object",
            ),
            (with("invokingEvent", json!("{}")), "'messageType' is missing"),
            (
                with("invokingEvent", json!(item(json!([])))),
                "'configurationItem': expected an object",
            ),
            (
                with("invokingEvent", json!(item(json!({ "resourceType": 1 })))),
                "'configurationItem.resourceType': found integer `1`, expected a string",
            ),
            (
                RuleEvent::parse(json!([]), now).expect_err("refused").to_string(),
                "the event is not one of an AWS Config custom rule: expected an object",
            ),
            (
                RuleEvent::parse(json!("x"), now).expect_err("refused").to_string(),
                "expected an object",
            ),
            (
                RuleEvent::parse(json!({ "resultToken": "x" }), now).expect_err("x").to_string(),
                "'invokingEvent' is missing",
            ),
        ] {
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("struct") && !error.contains("field"), "{error}");
        }
    }

    #[test]
    fn the_rule_is_of_the_events_account() {
        let other = ARN.replace("111122223333", "444455556666");
        let error = parse("2026-01-01T12:00:00Z", &other).expect_err("another account");
        assert!(error.contains("444455556666"), "{error}");
    }

    #[test]
    fn rules_of_packs_are_told_by_their_arn() {
        let is_of_pack =
            |arn: &str| parse("2026-01-01T12:00:00Z", arn).expect("an event").is_of_pack;
        let of_pack = ARN.replace("config-rule/config", &format!("{PACK_RULES}config"));
        assert!(is_of_pack(&of_pack), "{of_pack}");
        for other in [
            ARN.to_owned(),
            of_pack.replace("conforms", "multiaccountsetup"),
            ARN.replace("config-rule/config", &format!("x/{PACK_RULES}config")),
        ] {
            assert!(!is_of_pack(&other), "{other}");
        }
    }
}
