//! Publishes evaluations to the AWS Config rule that asked for them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_config::types::{ComplianceType, Evaluation as ConfigEvaluation};
use aws_smithy_types::DateTime as SmithyTime;
use chrono::{DateTime, Utc};
use plumbline_core::engine::{Job, Outcome, Unseen};
use plumbline_core::evaluation::{Compliance, Evaluation, ResourceRef};

use super::{RESENDS, wait};
use crate::call::Operation;
use crate::error::AwsError;
use crate::session::{Service, Session};

const PUT_EVALUATIONS: Operation = Operation::new(Service::Config, "config:PutEvaluations");
const GET_DETAILS: Operation = Operation::new(Service::Config, "config:GetComplianceDetailsByConfigRule");

/// `PutEvaluations` takes so many at a time.
const BATCH: usize = 100;
/// `GetComplianceDetailsByConfigRule` gives so many at a time.
const PAGE: i32 = 100;
/// The longest resource id that Config takes.
const RESOURCE_ID_LIMIT: usize = 768;

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
    /// Config keeps the evaluation with the latest such time for each resource: the item's capture time, or that of the notification.
    pub ordering: DateTime<Utc>,
}

/// What was published, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Evaluations or findings that arrived.
    pub sent: usize,
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
    /// Puts all evaluations of a run, and what the run means for resources that the rule still reports and the run did not see. Whatever can be put is put, whatever
    /// cannot is told.
    pub async fn publish(&self, job: &Job<'_>, outcome: &Outcome) -> Published {
        let mut published = Published::default();
        let mut evaluations: Vec<ConfigEvaluation> = Vec::with_capacity(outcome.evaluations.len());
        for evaluation in &outcome.evaluations {
            match self.evaluation(evaluation) {
                Ok(evaluation) => evaluations.push(evaluation),
                Err(failure) => published.failures.push(failure),
            }
        }
        match self.unseen(job, outcome).await {
            Ok(unseen) => evaluations.extend(unseen),
            Err(failure) => published.failures.push(failure),
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
            return Err(format!("{resource_type} {}…: the id is longer than the {RESOURCE_ID_LIMIT} characters that AWS Config takes", head(resource_id)));
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

    /// Evaluations for resources that the rule still reports and the run did not see.
    async fn unseen(&self, job: &Job<'_>, outcome: &Outcome) -> Result<Vec<ConfigEvaluation>, String> {
        if outcome.unseen == Unseen::Untouched {
            return Ok(Vec::new());
        }
        let seen: BTreeSet<(&str, &str)> =
            outcome.evaluations.iter().map(|evaluation| (evaluation.resource.resource_type.as_str(), evaluation.resource.resource_id.as_str())).collect();
        let mut evaluations = Vec::new();
        for (resource_type, resource_id) in self.reported().await? {
            if seen.contains(&(resource_type.as_str(), resource_id.as_str())) {
                continue;
            }
            let resource = ResourceRef { resource_type, resource_id, arn: None, region: job.context.region.clone() };
            if let Some(evaluation) = job.unseen(outcome, resource).map_err(|error| error.to_string())? {
                evaluations.push(self.evaluation(&evaluation)?);
            }
        }
        Ok(evaluations)
    }

    /// The types and ids of all resources that the rule reports as compliant or not.
    async fn reported(&self) -> Result<BTreeSet<(String, String)>, String> {
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
        let results =
            self.session.list(GET_DETAILS, call, |page| page.next_token(), |page| GET_DETAILS.require(page.evaluation_results, "the evaluation results")).await;
        let results = results.map_err(|unread| format!("what the rule reported before could not be read: {}", AwsError(unread)))?;
        let qualifiers = results.iter().filter_map(|result| result.evaluation_result_identifier()?.evaluation_result_qualifier());
        Ok(qualifiers.filter_map(|qualifier| Some((qualifier.resource_type()?.to_owned(), qualifier.resource_id()?.to_owned()))).collect())
    }

    /// Puts a batch, and those of it again that Config did not take.
    async fn put_all(&self, batch: Vec<ConfigEvaluation>, published: &mut Published) {
        let mut rest = batch;
        for attempt in 0..=RESENDS {
            let size = rest.len();
            match self.put(rest).await {
                Err(failure) => {
                    published.failures.push(format!("{size} evaluations were not published: {failure}"));
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
            format!("{} {}: AWS Config did not take the evaluation", evaluation.compliance_resource_type(), evaluation.compliance_resource_id())
        }));
    }

    /// One call. What comes back was not taken.
    async fn put(&self, evaluations: Vec<ConfigEvaluation>) -> Result<Vec<ConfigEvaluation>, String> {
        let client = self.session.config(self.region);
        let call = client.put_evaluations().result_token(self.result_token).set_evaluations(Some(evaluations)).send();
        let answer = self.session.send(PUT_EVALUATIONS, call).await.map_err(|unread| AwsError(unread).to_string())?;
        Ok(answer.failed_evaluations.unwrap_or_default())
    }
}

impl Published {
    /// Adds another publication.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
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
            .map(|(failure, count)| if count == 1 { failure.to_owned() } else { format!("{failure} ({count} times)") })
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn head(text: &str) -> String {
    text.chars().take(60).collect()
}
