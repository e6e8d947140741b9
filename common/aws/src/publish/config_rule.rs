//! Publishes evaluations to the AWS Config rule that asked for them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_config::types::{ComplianceType, Evaluation as ConfigEvaluation, EvaluationResult};
use aws_smithy_types::DateTime as SmithyTime;
use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::engine::{Job, Outcome, Unseen};
use plumbline_core::evaluation::{Compliance, Evaluation, ResourceRef};
use plumbline_core::operation::config;

use super::{RESENDS, wait};
use crate::error::AwsError;
use crate::session::Session;
use crate::time::from_sdk;

/// `PutEvaluations` takes so many at a time.
const BATCH: usize = 100;
/// `GetComplianceDetailsByConfigRule` gives so many at a time.
const PAGE: i32 = 100;
/// The longest resource id that Config takes.
const RESOURCE_ID_LIMIT: usize = 768;
/// An evaluation that did not change is put again when Config has held it for a week, less two
/// hours: daily runs do not come to the minute.
const REFRESH: TimeDelta = TimeDelta::hours(7 * 24 - 2);

/// A rule that waits for evaluations.
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
    /// Config keeps the evaluation with the latest such time for each resource: the item's capture
    /// time, or that of the notification.
    pub ordering: DateTime<Utc>,
    /// Whether a run over all resources puts only evaluations that differ from what Config holds,
    /// and those that it has held for a week.
    pub only_changes: bool,
}

/// Resources by type and id.
type ByResource<T> = BTreeMap<(String, String), T>;

/// What Config holds of a resource.
#[derive(Clone, Debug, PartialEq)]
struct Held {
    compliance: Option<ComplianceType>,
    annotation: Option<String>,
    recorded: Option<DateTime<Utc>>,
}

impl Held {
    /// Whether putting the evaluation would tell Config nothing new. What is not certain is put.
    fn is_current(&self, evaluation: &ConfigEvaluation, now: DateTime<Utc>) -> bool {
        let is_recent = self.recorded.is_some_and(|recorded| now - recorded < REFRESH);
        is_recent
            && self.compliance.as_ref() == Some(evaluation.compliance_type())
            && self.annotation.as_deref() == evaluation.annotation()
    }
}

/// What was published, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Evaluations or findings that arrived.
    pub sent: usize,
    /// Evaluations that were left out, because AWS Config holds the same.
    pub unchanged: usize,
    /// What did not arrive, a line each.
    pub failures: Vec<String>,
}

/// Config's word for an outcome. It has none for "not assessed".
fn compliance_type(compliance: Compliance) -> ComplianceType {
    match compliance {
        Compliance::Compliant => ComplianceType::Compliant,
        Compliance::NonCompliant => ComplianceType::NonCompliant,
        Compliance::NotApplicable | Compliance::NotAssessed => ComplianceType::NotApplicable,
    }
}

impl ConfigRule<'_> {
    /// Puts all evaluations of a run, and what the run means for resources that the rule still
    /// reports and the run did not see. Whatever can be put is put, whatever cannot is told.
    pub async fn publish(&self, job: &Job<'_>, outcome: &Outcome) -> Published {
        let mut published = Published::default();
        let mut evaluations: Vec<ConfigEvaluation> = Vec::with_capacity(outcome.evaluations.len());
        for evaluation in &outcome.evaluations {
            match self.evaluation(evaluation) {
                Ok(evaluation) => evaluations.push(evaluation),
                Err(failure) => published.failures.push(failure),
            }
        }
        // A run over single resources touches no others, and always puts what it found.
        if outcome.unseen != Unseen::Untouched {
            match self.held().await {
                Ok(held) => {
                    match self.unseen(job, outcome, held.keys()) {
                        Ok(unseen) => evaluations.extend(unseen),
                        Err(failure) => published.failures.push(failure),
                    }
                    if self.only_changes {
                        let all = evaluations.len();
                        evaluations
                            .retain(|evaluation| is_news(evaluation, &held, job.context.now));
                        published.unchanged = all - evaluations.len();
                    }
                }
                Err(failure) => published.failures.push(failure),
            }
        }
        if evaluations.is_empty() {
            published.failures.extend(self.put(Vec::new()).await.err());
        }
        for batch in evaluations.chunks(BATCH) {
            self.put_all(batch.to_vec(), &mut published).await;
        }
        published
    }

    fn evaluation(&self, evaluation: &Evaluation) -> Result<ConfigEvaluation, String> {
        let ResourceRef { resource_type, resource_id, .. } = &evaluation.resource;
        if resource_id.len() > RESOURCE_ID_LIMIT {
            return Err(format!(
                "{resource_type} {}…: the id is longer than the {RESOURCE_ID_LIMIT} characters \
                 that AWS Config takes",
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

    /// Evaluations for those of the resources that the rule still reports which the run did not
    /// see.
    fn unseen<'k>(
        &self,
        job: &Job<'_>,
        outcome: &Outcome,
        reported: impl Iterator<Item = &'k (String, String)>,
    ) -> Result<Vec<ConfigEvaluation>, String> {
        let seen: BTreeSet<(&str, &str)> = outcome
            .evaluations
            .iter()
            .map(|evaluation| {
                (
                    evaluation.resource.resource_type.as_str(),
                    evaluation.resource.resource_id.as_str(),
                )
            })
            .collect();
        let mut evaluations = Vec::new();
        for (resource_type, resource_id) in reported {
            if seen.contains(&(resource_type.as_str(), resource_id.as_str())) {
                continue;
            }
            let resource = ResourceRef {
                resource_type: resource_type.clone(),
                resource_id: resource_id.clone(),
                arn: None,
                region: job.context.region.clone(),
            };
            if let Some(evaluation) = job.unseen(outcome, resource) {
                evaluations.push(self.evaluation(&evaluation)?);
            }
        }
        Ok(evaluations)
    }

    /// What Config holds of all resources that the rule reports as compliant or not.
    async fn held(&self) -> Result<ByResource<Held>, String> {
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
        let results = self
            .session
            .list(
                config::GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE,
                call,
                |page| page.next_token(),
                |page| {
                    config::GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE
                        .require(page.evaluation_results, "the evaluation results")
                },
            )
            .await;
        let results = results.map_err(|unread| {
            format!("what the rule reported before could not be read: {}", AwsError(unread))
        })?;
        Ok(results.into_iter().filter_map(held).collect())
    }

    /// Puts a batch, and those of it again that Config did not take.
    async fn put_all(&self, batch: Vec<ConfigEvaluation>, published: &mut Published) {
        let mut rest = batch;
        for attempt in 0..=RESENDS {
            let size = rest.len();
            match self.put(rest).await {
                Err(failure) => {
                    published
                        .failures
                        .push(format!("{size} evaluations were not published: {failure}"));
                    return;
                }
                Ok(failed) => {
                    published.sent += size - failed.len().min(size);
                    rest = failed;
                }
            }
            if rest.is_empty() {
                return;
            }
            if attempt < RESENDS {
                wait(attempt).await;
            }
        }
        published.failures.extend(rest.iter().map(|evaluation| {
            format!(
                "{} {}: AWS Config did not take the evaluation",
                evaluation.compliance_resource_type(),
                evaluation.compliance_resource_id()
            )
        }));
    }

    /// One call. What comes back was not taken.
    async fn put(
        &self,
        evaluations: Vec<ConfigEvaluation>,
    ) -> Result<Vec<ConfigEvaluation>, String> {
        let client = self.session.config(self.region);
        let call = client
            .put_evaluations()
            .result_token(self.result_token)
            .set_evaluations(Some(evaluations))
            .send();
        let answer = self
            .session
            .send(config::PUT_EVALUATIONS, call)
            .await
            .map_err(|unread| AwsError(unread).to_string())?;
        Ok(answer.failed_evaluations.unwrap_or_default())
    }
}

/// The resource of a result, and what is held of it.
fn held(result: EvaluationResult) -> Option<((String, String), Held)> {
    let qualifier = result.evaluation_result_identifier()?.evaluation_result_qualifier()?;
    let resource = (qualifier.resource_type()?.to_owned(), qualifier.resource_id()?.to_owned());
    let recorded = result.result_recorded_time().and_then(from_sdk);
    Some((
        resource,
        Held {
            compliance: result.compliance_type,
            annotation: result.annotation.filter(|text| !text.is_empty()),
            recorded,
        },
    ))
}

/// Whether Config does not hold the evaluation yet, or has held it for long. "Not applicable" is no
/// news of a resource of which Config holds nothing: it removes such results anyway.
fn is_news(evaluation: &ConfigEvaluation, held: &ByResource<Held>, now: DateTime<Utc>) -> bool {
    let resource = (
        evaluation.compliance_resource_type().to_owned(),
        evaluation.compliance_resource_id().to_owned(),
    );
    match held.get(&resource) {
        Some(held) => !held.is_current(evaluation, now),
        None => *evaluation.compliance_type() != ComplianceType::NotApplicable,
    }
}

impl Published {
    /// Adds another publication.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.unchanged += other.unchanged;
        self.failures.extend(other.failures);
    }

    /// The failures as one text, grouped where they are the same.
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
    ) -> ByResource<Held> {
        let held = Held {
            compliance: Some(compliance),
            annotation: Some(annotation.to_owned()),
            recorded,
        };
        BTreeMap::from([(("AWS::S3::Bucket".to_owned(), "b".to_owned()), held)])
    }

    #[test]
    fn news_is_what_config_does_not_hold_or_has_held_for_a_week() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a moment");
        let failed = evaluation(ComplianceType::NonCompliant, "no MFA");
        let held = |compliance, annotation, age| holding(compliance, annotation, Some(now - age));
        let day = TimeDelta::days(1);
        assert!(is_news(&failed, &BTreeMap::new(), now));
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
        assert!(!is_news(&gone, &BTreeMap::new(), now));
        assert!(is_news(&gone, &holding(ComplianceType::Compliant, "fine", Some(now)), now));
    }
}
