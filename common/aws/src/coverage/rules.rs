//! What AWS Config says of its recorder and rules, and evaluations that are started.

use std::time::Duration;

use aws_sdk_config::operation::describe_config_rule_evaluation_status::DescribeConfigRuleEvaluationStatusOutput;
use aws_sdk_config::operation::describe_config_rules::DescribeConfigRulesOutput;
use aws_sdk_config::types::{ConfigRule, ConfigRuleEvaluationStatus, Owner};
use plumbline_core::answer::{Answer, ReadError};
use plumbline_core::coverage::{
    ExpectedControl, RecorderState, RuleFunction, RuleStatus, pack_rule,
};
use plumbline_core::operation::config;
use tokio::time::{Instant, sleep};

use crate::session::Session;
use crate::time::from_sdk;

/// `DescribeConfigRuleEvaluationStatus` gives so many at a time.
const PAGE: i32 = 50;
/// `StartConfigRulesEvaluation` takes so many at a time.
const START_BATCH: usize = 25;
/// Two calls of `StartConfigRulesEvaluation` have to be a minute apart:
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html>.
const START_INTERVAL: Duration = Duration::from_secs(61);
/// What it says to a call that comes earlier, or while an evaluation is under way.
const TOO_EARLY: &str = "LimitExceededException";
/// So often a call is sent again: the rules of a Region take three calls.
const START_ATTEMPTS: usize = 3;

/// The recorder of a Region; source `DescribeConfigurationRecorderStatus`. Those of other services
/// record for nobody else.
pub(super) async fn recorder(session: &Session, region: &str) -> Answer<RecorderState> {
    let call = session.config(region).describe_configuration_recorder_status().send();
    let answer = session.send(config::DESCRIBE_CONFIGURATION_RECORDER_STATUS, call).await?;
    let recorders = answer.configuration_recorders_status.unwrap_or_default();
    let own = recorders.iter().filter(|one| one.service_principal.is_none());
    Ok(own.fold(RecorderState::Absent, |state, one| match state {
        _ if one.recording => RecorderState::Recording,
        RecorderState::Recording => RecorderState::Recording,
        RecorderState::Absent | RecorderState::Stopped => RecorderState::Stopped,
    }))
}

/// The rules of packs for some controls; source `DescribeConfigRuleEvaluationStatus`.
pub(super) async fn rules(
    session: &Session,
    region: &str,
    expected: &[ExpectedControl],
) -> Answer<Vec<RuleStatus>> {
    let client = session.config(region);
    let call = |token| {
        client.describe_config_rule_evaluation_status().limit(PAGE).set_next_token(token).send()
    };
    let items = |page: DescribeConfigRuleEvaluationStatusOutput| {
        let rules = config::DESCRIBE_CONFIG_RULE_EVALUATION_STATUS
            .require(page.config_rules_evaluation_status, "the rules")?;
        rules.into_iter().filter_map(|rule| status(rule, expected).transpose()).collect()
    };
    session
        .list(config::DESCRIBE_CONFIG_RULE_EVALUATION_STATUS, call, |page| page.next_token(), items)
        .await
}

/// The status of a rule, where it is one of a pack for one of the controls.
fn status(
    rule: ConfigRuleEvaluationStatus,
    expected: &[ExpectedControl],
) -> Answer<Option<RuleStatus>> {
    let name = config::DESCRIBE_CONFIG_RULE_EVALUATION_STATUS
        .require_text(rule.config_rule_name, "a rule's name")?;
    let Some(control) = pack_rule(&name, expected) else { return Ok(None) };
    let succeeded = rule.last_successful_evaluation_time.as_ref().and_then(from_sdk);
    let failed = rule.last_failed_evaluation_time.as_ref().and_then(from_sdk);
    let parts = rule.last_error_code.into_iter().chain(rule.last_error_message);
    let error = parts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    Ok(Some(RuleStatus {
        control: control.id,
        activated: rule.first_activated_time.as_ref().and_then(from_sdk),
        succeeded,
        error: Some(error).filter(|error| !error.is_empty() && failed >= succeeded),
        name,
    }))
}

/// The rules with Lambda functions; source `DescribeConfigRules`.
pub(super) async fn functions(session: &Session, region: &str) -> Answer<Vec<RuleFunction>> {
    let client = session.config(region);
    let call = |token| client.describe_config_rules().set_next_token(token).send();
    let items = |page: DescribeConfigRulesOutput| {
        let rules = config::DESCRIBE_CONFIG_RULES.require(page.config_rules, "the rules")?;
        rules.into_iter().filter_map(|rule| function(rule).transpose()).collect()
    };
    session.list(config::DESCRIBE_CONFIG_RULES, call, |page| page.next_token(), items).await
}

/// The function of a rule, where it is one with a Lambda function.
fn function(rule: ConfigRule) -> Answer<Option<RuleFunction>> {
    let operation = config::DESCRIBE_CONFIG_RULES;
    let source = operation.require(rule.source, "a rule's source")?;
    if source.owner != Owner::CustomLambda {
        return Ok(None);
    }
    Ok(Some(RuleFunction {
        rule: operation.require_text(rule.config_rule_name, "a rule's name")?,
        function: operation.require_text(source.source_identifier, "a rule's function")?,
    }))
}

/// Starts the evaluation of rules, as far as there is time: those that were started, and why not
/// all were.
pub(super) async fn start(
    session: &Session,
    region: &str,
    names: &[String],
    until: Option<Instant>,
) -> (Vec<String>, Option<ReadError>) {
    let client = session.config(region);
    let mut started = Vec::new();
    for batch in names.chunks(START_BATCH) {
        for attempt in 1.. {
            let call = client.start_config_rules_evaluation();
            let call = call.set_config_rule_names(Some(batch.to_vec())).send();
            match session.send(config::START_CONFIG_RULES_EVALUATION, call).await {
                Ok(_) => {
                    started.extend_from_slice(batch);
                    break;
                }
                Err(error)
                    if error.code == TOO_EARLY
                        && attempt < START_ATTEMPTS
                        && until.is_none_or(|until| Instant::now() + START_INTERVAL < until) =>
                {
                    sleep(START_INTERVAL).await;
                }
                Err(error) => return (started, Some(error)),
            }
        }
    }
    (started, None)
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime as SdkTime;
    use plumbline_core::benchmark::ControlId;

    use super::*;

    fn expected() -> Vec<ExpectedControl> {
        vec![ExpectedControl { id: ControlId::new("1.4"), rule_name: "cis-1-4-x".to_owned() }]
    }

    #[test]
    fn only_rules_of_packs_count() {
        let rule = |name: &str| ConfigRuleEvaluationStatus::builder().config_rule_name(name);
        let found = |name| status(rule(name).build(), &expected()).expect("a status");
        assert!(found("cis-1-4-x-conformance-pack-a1").is_some());
        assert!(found("cis-1-4-x").is_none());
        assert!(status(ConfigRuleEvaluationStatus::builder().build(), &expected()).is_err());
    }

    #[test]
    fn a_failure_counts_until_the_next_success() {
        let rule = |succeeded, failed| {
            let rule = ConfigRuleEvaluationStatus::builder()
                .config_rule_name("cis-1-4-x-conformance-pack-a1")
                .last_successful_evaluation_time(SdkTime::from_secs(succeeded))
                .last_failed_evaluation_time(SdkTime::from_secs(failed))
                .last_error_code("E")
                .last_error_message("m");
            status(rule.build(), &expected()).expect("a status").expect("a rule").error
        };
        assert_eq!(rule(1, 2).as_deref(), Some("E: m"));
        assert_eq!(rule(2, 1), None);
    }
}
