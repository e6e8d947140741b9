//! Publishes evaluations to the AWS Config rule that requested them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_config::types::{ComplianceType, Evaluation as ConfigEvaluation, EvaluationResult};
use aws_smithy_types::DateTime as SmithyTime;
use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::answer::Answer;
use plumbline_core::engine::{Job, Outcome};
use plumbline_core::evaluation::{Compliance, Evaluation, ResourceRef};
use plumbline_core::operation::config;
use tokio::time::Instant;

use super::{RESENDS, before, is_worth_another, wait};
use crate::error::AwsError;
use crate::session::Session;
use crate::time::from_sdk;
use crate::truncation::RequireElement;

/// The error code of `PutEvaluations` for a token that AWS Config did not create, or that has
/// expired.
const REJECTED_TOKEN: &str = "InvalidResultTokenException";
/// The maximum number of evaluations for `PutEvaluations`.
const BATCH: usize = 100;
/// The maximum page size of `GetComplianceDetailsByConfigRule`.
const PAGE: i32 = 100;
/// The time that a throttled run leaves for its findings, so that failures reach Security Hub in
/// any case.
const TIME_FOR_FINDINGS: Duration = Duration::from_secs(60);
/// The maximum length of a resource id in AWS Config.
const RESOURCE_ID_LIMIT: usize = 768;
/// The age at which an unchanged evaluation is sent again: a week, less two hours, because daily
/// runs do not start at the same minute.
const REFRESH: TimeDelta = TimeDelta::hours(7 * 24 - 2);

/// A rule that expects evaluations.
#[derive(Clone, Debug)]
pub struct ConfigRule<'a> {
    /// A session of the rule's account.
    pub session: &'a Session,
    /// The rule's Region.
    pub region: &'a str,
    /// The rule's name.
    pub name: &'a str,
    /// The token of the invocation.
    pub result_token: &'a str,
    /// The time of the observation: the item's capture time, or that of the notification. AWS
    /// Config keeps the evaluation with the latest time for each resource.
    pub ordering: DateTime<Utc>,
    /// Whether a run over all resources sends only evaluations that differ from the results in AWS
    /// Config, and results that are a week old.
    pub only_changes: bool,
    /// When the run has to end. Nothing is sent after it.
    pub until: Option<Instant>,
}

/// The results in AWS Config for the resources of a rule, by type and id. Copies share them.
#[derive(Clone, Debug, Default)]
pub struct HeldResults(Arc<BTreeMap<(String, String), StoredResult>>);

impl HeldResults {
    /// When AWS Config recorded the result of a resource; `None` without a result.
    pub fn recorded(&self, resource_type: &str, resource_id: &str) -> Option<DateTime<Utc>> {
        self.0.get(&(resource_type.to_owned(), resource_id.to_owned()))?.recorded
    }
}

/// The result of a resource in AWS Config. A rule can have 100,000 of them.
#[derive(Clone, Debug, PartialEq)]
struct StoredResult {
    compliance: Option<ComplianceType>,
    /// The digest of the annotation.
    annotation: Option<u64>,
    recorded: Option<DateTime<Utc>>,
}

/// The digest of an annotation.
fn digest(annotation: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    annotation.hash(&mut hasher);
    hasher.finish()
}

impl StoredResult {
    /// Whether AWS Config already has the evaluation. In case of doubt, the result is false.
    fn is_current(&self, evaluation: &ConfigEvaluation, now: DateTime<Utc>) -> bool {
        let is_recent = self.recorded.is_some_and(|recorded| now - recorded < REFRESH);
        is_recent
            && self.compliance.as_ref() == Some(evaluation.compliance_type())
            && self.annotation == evaluation.annotation().map(digest)
    }
}

/// The result of publishing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The number of evaluations or findings that arrived.
    pub sent: usize,
    /// The number of archived findings among them: the resource was deleted, or the result is
    /// waived or out of scope.
    pub archived: usize,
    /// The number of evaluations that were omitted, because AWS Config has the same result.
    pub unchanged: usize,
    /// The failures, one line each.
    pub failures: Vec<String>,
    /// The number of existing findings with a date in the future, which count as not observed.
    pub future: usize,
}

/// The compliance type of an outcome. AWS Config has none for "not assessed" and for waived
/// failures.
fn compliance_type(compliance: Compliance) -> ComplianceType {
    match compliance {
        Compliance::Compliant => ComplianceType::Compliant,
        Compliance::NonCompliant => ComplianceType::NonCompliant,
        Compliance::NotApplicable | Compliance::Waived | Compliance::NotAssessed => {
            ComplianceType::NotApplicable
        }
    }
}

/// The result of publishing a run to AWS Config.
#[derive(Clone, Debug, Default)]
pub struct ConfigAnswer {
    /// The result of publishing.
    pub published: Published,
    /// For each evaluation of the run, whether AWS Config has it now.
    pub taken: Vec<bool>,
    /// AWS Config rejected the result token: it did not send the event.
    pub rejected_token: bool,
}

impl ConfigAnswer {
    /// Whether AWS Config has all evaluations of the run.
    pub fn is_complete(&self) -> bool {
        self.published.failures.is_empty()
    }
}

/// An evaluation to send, with its position in the run. An evaluation of a resource outside of the
/// run has no position.
struct Sending {
    place: Option<usize>,
    evaluation: ConfigEvaluation,
}

impl ConfigRule<'_> {
    /// Sends all evaluations of a run, and the evaluations of resources that the rule still reports
    /// and the run did not see. Failures and results that are not assessed come first, so that only
    /// passes are missing if the time does not suffice. Everything that can be sent is sent; the
    /// rest is reported as failures.
    ///
    /// `held` contains the existing results of the rule. It is `None` for a run over single
    /// resources, which affects no other resources and always sends its results.
    pub async fn publish(
        &self,
        job: &Job<'_>,
        outcome: &Outcome,
        held: Option<&Result<HeldResults, String>>,
    ) -> ConfigAnswer {
        let mut answer =
            ConfigAnswer { taken: vec![false; outcome.evaluations.len()], ..Default::default() };
        let held = match held {
            Some(Ok(held)) => Some(held),
            Some(Err(failure)) => {
                answer.published.failures.push(failure.clone());
                None
            }
            None => None,
        };
        let (mut batch, mut is_untried) = (Vec::with_capacity(BATCH), true);
        let unseen = held.map(|held| unseen(job, outcome, held)).unwrap_or_default();
        let all = outcome
            .by_urgency()
            .into_iter()
            .map(|(place, evaluation)| (Some(place), evaluation))
            .chain(unseen.iter().map(|evaluation| (None, evaluation)));
        for (place, evaluation) in all {
            match self.evaluation(evaluation) {
                Err(failure) => answer.published.failures.push(failure),
                Ok(evaluation) if self.is_held(held, &evaluation, job.context.now) => {
                    answer.published.unchanged += 1;
                    take(&mut answer.taken, place);
                }
                Ok(evaluation) => batch.push(Sending { place, evaluation }),
            }
            if batch.len() == BATCH {
                is_untried = false;
                self.put_all(std::mem::take(&mut batch), &mut answer).await;
            }
            if answer.rejected_token {
                return answer;
            }
        }
        if batch.is_empty() && is_untried {
            // Only a call shows whether AWS Config accepts the token, and Security Hub gets nothing
            // without an accepted token.
            batch.extend(outcome.evaluations.first().and_then(|evaluation| {
                let evaluation = self.evaluation(evaluation).ok()?;
                answer.published.unchanged = answer.published.unchanged.saturating_sub(1);
                Some(Sending { place: Some(0), evaluation })
            }));
        }
        if is_untried || !batch.is_empty() {
            self.put_all(batch, &mut answer).await;
        }
        answer
    }

    /// Whether a run over all resources omits an evaluation, because AWS Config has it.
    fn is_held(
        &self,
        held: Option<&HeldResults>,
        evaluation: &ConfigEvaluation,
        now: DateTime<Utc>,
    ) -> bool {
        self.only_changes && held.is_some_and(|held| !is_news(evaluation, held, now))
    }

    fn evaluation(&self, evaluation: &Evaluation) -> Result<ConfigEvaluation, String> {
        let ResourceRef { resource_type, resource_id, .. } = &evaluation.resource;
        if resource_id.len() > RESOURCE_ID_LIMIT {
            return Err(format!(
                "{resource_type} {}…: the id is longer than the {RESOURCE_ID_LIMIT} characters \
                 that AWS Config accepts",
                head(resource_id)
            ));
        }
        ConfigEvaluation::builder()
            .compliance_resource_type(resource_type)
            .compliance_resource_id(resource_id)
            .compliance_type(compliance_type(evaluation.compliance))
            .set_annotation(Some(evaluation.reason.clone()).filter(|reason| !reason.is_empty()))
            .ordering_timestamp(SmithyTime::from_millis(self.ordering.timestamp_millis()))
            .build()
            .map_err(|error| format!("{resource_type} {resource_id}: {error}"))
    }

    /// The results in AWS Config for all resources that the rule reports as compliant or
    /// non-compliant.
    ///
    /// It takes at most a quarter of the remaining time: the list has no limit, and the run has to
    /// read, decide and publish.
    ///
    /// # Errors
    /// What could not be read, as a line for the report.
    pub async fn held(&self) -> Result<HeldResults, String> {
        let client = self.session.config(self.region);
        let call = |token| {
            client
                .get_compliance_details_by_config_rule()
                .config_rule_name(self.name)
                .compliance_types(ComplianceType::Compliant)
                .compliance_types(ComplianceType::NonCompliant)
                .limit(PAGE)
                .set_next_token(token)
                .send()
        };
        let until = self.until.map(|until| {
            let now = Instant::now();
            now + until.saturating_duration_since(now) / 4
        });
        let results = self.session.list(
            config::GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE,
            call,
            |page| page.next_token(),
            |page| {
                let results = config::GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE
                    .require(page.evaluation_results, "the evaluation results")?;
                Ok(results.into_iter().filter_map(held).collect())
            },
        );
        let results = before(until, config::GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE, results).await;
        let results = results.map_err(|unread| {
            format!("the previous results of the rule could not be read: {}", AwsError(unread))
        })?;
        Ok(HeldResults(Arc::new(results.into_iter().collect())))
    }

    /// Sends a batch, and resends the evaluations that AWS Config did not accept.
    async fn put_all(&self, batch: Vec<Sending>, answer: &mut ConfigAnswer) {
        let (mut rest, mut resent) = (batch, 0);
        let until = self.until.map(|until| until.checked_sub(TIME_FOR_FINDINGS).unwrap_or(until));
        for attempt in 0.. {
            match self.put(rest.iter().map(|sending| sending.evaluation.clone()).collect()).await {
                Err(unread) if is_worth_another(&unread, attempt, until) => {
                    wait(attempt, self.until).await;
                    continue;
                }
                Err(unread) => {
                    answer.rejected_token |= unread.code == REJECTED_TOKEN;
                    answer.published.failures.push(format!(
                        "{} evaluations were not published: {}",
                        rest.len(),
                        AwsError(unread)
                    ));
                    return;
                }
                Ok(failed) => {
                    let failed: BTreeSet<(&str, &str)> = failed.iter().map(resource).collect();
                    rest.retain(|sending| {
                        let is_failed = failed.contains(&resource(&sending.evaluation));
                        if !is_failed {
                            answer.published.sent += 1;
                            take(&mut answer.taken, sending.place);
                        }
                        is_failed
                    });
                }
            }
            if rest.is_empty() {
                return;
            }
            if resent == RESENDS {
                break;
            }
            wait(resent, self.until).await;
            resent += 1;
        }
        answer.published.failures.extend(rest.iter().map(|Sending { evaluation, .. }| {
            format!(
                "{} {}: AWS Config did not accept the evaluation",
                evaluation.compliance_resource_type(),
                evaluation.compliance_resource_id()
            )
        }));
    }

    /// One call. Returns the evaluations that were not accepted.
    async fn put(&self, evaluations: Vec<ConfigEvaluation>) -> Answer<Vec<ConfigEvaluation>> {
        let client = self.session.config(self.region);
        let call = client
            .put_evaluations()
            .result_token(self.result_token)
            .set_evaluations(Some(evaluations))
            .customize()
            .interceptor(RequireElement("\"FailedEvaluations\""))
            .send();
        let answer = before(self.until, config::PUT_EVALUATIONS, async {
            self.session.send(config::PUT_EVALUATIONS, call).await
        })
        .await?;
        Ok(answer.failed_evaluations.unwrap_or_default())
    }
}

fn resource(evaluation: &ConfigEvaluation) -> (&str, &str) {
    (evaluation.compliance_resource_type(), evaluation.compliance_resource_id())
}

fn take(taken: &mut [bool], place: Option<usize>) {
    if let Some(taken) = place.and_then(|place| taken.get_mut(place)) {
        *taken = true;
    }
}

/// Evaluations for the resources that the rule still reports and that the run did not see.
fn unseen(job: &Job<'_>, outcome: &Outcome, held: &HeldResults) -> Vec<Evaluation> {
    let seen: BTreeSet<(&str, &str)> = outcome
        .evaluations
        .iter()
        .map(|Evaluation { resource, .. }| {
            (resource.resource_type.as_str(), resource.resource_id.as_str())
        })
        .collect();
    held.0
        .keys()
        .filter(|(resource_type, id)| !seen.contains(&(resource_type.as_str(), id.as_str())))
        .filter_map(|(resource_type, resource_id)| {
            let resource = ResourceRef {
                resource_type: resource_type.clone(),
                resource_id: resource_id.clone(),
                arn: None,
                region: job.context.region.clone(),
            };
            job.unseen(outcome, resource)
        })
        .collect()
}

/// The resource of a result, and the stored result.
fn held(result: EvaluationResult) -> Option<((String, String), StoredResult)> {
    let qualifier = result.evaluation_result_identifier()?.evaluation_result_qualifier()?;
    let resource = (qualifier.resource_type()?.to_owned(), qualifier.resource_id()?.to_owned());
    let recorded = result.result_recorded_time().and_then(from_sdk);
    Some((
        resource,
        StoredResult {
            compliance: result.compliance_type,
            annotation: result.annotation.filter(|text| !text.is_empty()).as_deref().map(digest),
            recorded,
        },
    ))
}

/// Whether AWS Config does not have the evaluation yet, or has had it for a long time. "Not
/// applicable" is omitted for a resource without a result, because AWS Config removes such results.
fn is_news(evaluation: &ConfigEvaluation, held: &HeldResults, now: DateTime<Utc>) -> bool {
    let resource = (
        evaluation.compliance_resource_type().to_owned(),
        evaluation.compliance_resource_id().to_owned(),
    );
    match held.0.get(&resource) {
        Some(held) => !held.is_current(evaluation, now),
        None => *evaluation.compliance_type() != ComplianceType::NotApplicable,
    }
}

impl Published {
    /// Adds the result of another publication.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.unchanged += other.unchanged;
        self.failures.extend(other.failures);
        self.future += other.future;
    }

    /// The failures as one text, with equal failures grouped.
    pub fn failure_text(&self) -> String {
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for failure in &self.failures {
            *counted.entry(failure).or_default() += 1;
        }
        counted
            .into_iter()
            .map(
                |(failure, count)| {
                    if count == 1 {
                        failure.to_owned()
                    } else {
                        format!("{failure} ({count} times)")
                    }
                },
            )
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn head(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(compliance: ComplianceType, annotation: &str) -> ConfigEvaluation {
        ConfigEvaluation::builder()
            .compliance_resource_type("AWS::S3::Bucket")
            .compliance_resource_id("b")
            .compliance_type(compliance)
            .annotation(annotation)
            .ordering_timestamp(SmithyTime::from_secs(0))
            .build()
            .expect("complete")
    }

    fn holding(
        compliance: ComplianceType,
        annotation: &str,
        recorded: Option<DateTime<Utc>>,
    ) -> HeldResults {
        let held = StoredResult {
            compliance: Some(compliance),
            annotation: Some(digest(annotation)),
            recorded,
        };
        HeldResults(Arc::new(BTreeMap::from([(
            ("AWS::S3::Bucket".to_owned(), "b".to_owned()),
            held,
        )])))
    }

    #[test]
    fn news_is_what_config_does_not_hold_or_has_held_for_a_week() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let failed = evaluation(ComplianceType::NonCompliant, "no MFA");
        let held = |compliance, annotation, age| holding(compliance, annotation, Some(now - age));
        let day = TimeDelta::days(1);
        assert!(is_news(&failed, &HeldResults::default(), now));
        assert!(!is_news(&failed, &held(ComplianceType::NonCompliant, "no MFA", day), now));
        assert!(!is_news(&failed, &held(ComplianceType::NonCompliant, "no MFA", day * 6), now));
        assert!(is_news(
            &failed,
            &held(ComplianceType::NonCompliant, "no MFA", day * 7 - TimeDelta::minutes(5)),
            now
        ));
        assert!(is_news(&failed, &held(ComplianceType::NonCompliant, "no versioning", day), now));
        assert!(is_news(&failed, &held(ComplianceType::Compliant, "no MFA", day), now));
        assert!(
            is_news(&failed, &holding(ComplianceType::NonCompliant, "no MFA", None), now),
            "of unknown age"
        );
    }

    #[test]
    fn not_applicable_is_news_only_where_something_is_held() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let gone = evaluation(ComplianceType::NotApplicable, "gone");
        assert!(!is_news(&gone, &HeldResults::default(), now));
        assert!(is_news(&gone, &holding(ComplianceType::Compliant, "fine", Some(now)), now));
    }
}
