//! Publishes evaluations to AWS Security Hub as findings.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_securityhub::operation::batch_import_findings::BatchImportFindingsOutput;
use aws_sdk_securityhub::types as hub;
use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::answer::{Answer, ReadError};
use plumbline_core::engine::{Job, Outcome, Unseen};
use plumbline_core::evaluation::{Compliance, Evaluation, ResourceRef};
use plumbline_core::finding::{
    DIGEST_FIELD, Finding, OBSERVED_FIELD, RecordState, Stored, finding, finding_id, id_prefix,
    product_arn,
};
use plumbline_core::operation::securityhub;

use super::config_rule::Published;
use super::{RESENDS, wait};
use crate::error::AwsError;
use crate::session::Session;
use crate::whole::Has;

/// What every operation answers where Security Hub is not enabled, with a message that says "not
/// subscribed". It has the same code for callers that it does not let in.
const NOT_SUBSCRIBED: &str = "InvalidAccessException";

/// `BatchImportFindings` takes so many at a time.
const BATCH: usize = 100;
/// `BatchImportFindings` takes 6 MB at a time; the rest is for what surrounds the findings.
const BATCH_BYTES: usize = 5_500_000;
/// `GetFindings` gives so many at a time.
const PAGE: i32 = 100;
/// A filter takes so many values.
const FILTER_VALUES: usize = 20;
/// A finding that did not change is imported again after this time, so that Security Hub, which
/// forgets after 90 days, sees that it is still observed.
const REFRESH: TimeDelta = TimeDelta::hours(24);

/// Why nothing was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubAnswer {
    /// It was, or the failures are told.
    Published(Published),
    /// Security Hub is not enabled here.
    NotEnabled,
}

/// What the import of one run starts from.
struct Known {
    stored: Stored,
    /// The resource, for findings that this run does not see.
    resource: ResourceRef,
}

/// Imports the findings of a run into the hub of its account and Region, as far as they are new,
/// changed or due for a refresh. Findings of resources that the run found gone are archived.
///
/// `ordering` is how recent the run's observations are. What the hub knows from a later moment
/// stays: events may come late, and a resource may be made while a run is under way.
pub async fn publish(
    session: &Session,
    job: &Job<'_>,
    outcome: &Outcome,
    ordering: DateTime<Utc>,
) -> HubAnswer {
    let known = match known(session, job, outcome).await {
        Ok(known) => known,
        Err(Failure::NotEnabled) => return HubAnswer::NotEnabled,
        Err(Failure::Told(failure)) => {
            let failure = format!(
                "no finding was imported, because those of before could not be read: {failure}"
            );
            return HubAnswer::Published(Published {
                failures: vec![failure],
                ..Published::default()
            });
        }
    };
    let mut published = Published::default();
    for batch in batches(due(job, outcome, &known, ordering)) {
        import_all(session, job, batch, &mut published).await;
    }
    HubAnswer::Published(published)
}

/// The findings that have to be imported.
fn due(
    job: &Job<'_>,
    outcome: &Outcome,
    known: &BTreeMap<String, Known>,
    ordering: DateTime<Utc>,
) -> Vec<Finding> {
    let Job { control, context, .. } = job;
    let of = |evaluation: &Evaluation| {
        let mut finding = finding(control, context, evaluation);
        finding.observed(ordering);
        finding
    };
    let is_older = |stored: &Stored| stored.observed.is_some_and(|observed| observed > ordering);
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for evaluation in &outcome.evaluations {
        let mut finding = of(evaluation);
        seen.insert(finding.id.clone());
        let stored = known.get(&finding.id).map(|known| &known.stored);
        if stored.is_some_and(is_older) {
            continue;
        }
        let worth_a_new_one =
            evaluation.compliance != Compliance::NotApplicable || evaluation.waiver.is_some();
        if is_due(&finding, stored, worth_a_new_one, context.now) {
            if let Some(stored) = stored {
                finding.continue_from(stored, context.now);
            }
            findings.push(finding);
        }
    }
    for (id, Known { stored, resource }) in known.iter().filter(|(id, known)| {
        !seen.contains(*id)
            && known.stored.record_state == RecordState::Active
            && !is_older(&known.stored)
    }) {
        if let Some(evaluation) = job.unseen(outcome, resource.clone()) {
            let mut finding = of(&evaluation);
            finding.id.clone_from(id);
            if is_due(&finding, Some(stored), true, context.now) {
                finding.continue_from(stored, context.now);
                findings.push(finding);
            }
        }
    }
    findings
}

fn is_due(
    finding: &Finding,
    stored: Option<&Stored>,
    worth_a_new_one: bool,
    now: DateTime<Utc>,
) -> bool {
    let Some(stored) = stored else { return worth_a_new_one };
    if stored.record_state != finding.record_state {
        return true;
    }
    let archived = finding.record_state == RecordState::Archived;
    let changed = stored.digest.as_deref() != finding.digest();
    match (archived, worth_a_new_one) {
        (true, false) => false,
        _ => changed || now - stored.last_observed_at >= REFRESH,
    }
}

enum Failure {
    NotEnabled,
    Told(String),
}

impl From<ReadError> for Failure {
    fn from(unread: ReadError) -> Self {
        if unread.code == NOT_SUBSCRIBED && unread.message.contains("not subscribed") {
            Self::NotEnabled
        } else {
            Self::Told(AwsError(unread).to_string())
        }
    }
}

/// The findings that the hub has of this control, account and Region: all of them, or those of the
/// run's resources when the run was about these only.
async fn known(
    session: &Session,
    job: &Job<'_>,
    outcome: &Outcome,
) -> Result<BTreeMap<String, Known>, Failure> {
    let (control, context) = (job.control.control(), job.context);
    let equal = |value: &str| {
        hub::StringFilter::builder()
            .value(value)
            .comparison(hub::StringFilterComparison::Equals)
            .build()
    };
    let base = hub::AwsSecurityFindingFilters::builder()
        .product_arn(equal(&product_arn(context)))
        .generator_id(equal(&control.generator_id()))
        .aws_account_id(equal(context.account.as_str()))
        .region(equal(&context.region));
    let filters: Vec<hub::AwsSecurityFindingFilters> = if outcome.unseen == Unseen::Untouched {
        let ids: Vec<String> = outcome
            .evaluations
            .iter()
            .map(|evaluation| {
                finding_id(
                    control,
                    context,
                    &evaluation.resource.resource_type,
                    &evaluation.resource.resource_id,
                )
            })
            .collect();
        ids.chunks(FILTER_VALUES)
            .map(|ids| base.clone().set_id(Some(ids.iter().map(|id| equal(id)).collect())).build())
            .collect()
    } else {
        vec![base.build()]
    };
    let prefix = id_prefix(control, context);
    let client = session.securityhub(&context.region);
    let mut known = BTreeMap::new();
    for filter in filters {
        let call = |token| {
            client
                .get_findings()
                .filters(filter.clone())
                .max_results(PAGE)
                .set_next_token(token)
                .customize()
                .interceptor(Has("\"Findings\""))
                .send()
        };
        let findings = session
            .list(
                securityhub::GET_FINDINGS,
                call,
                |page| page.next_token(),
                |page| securityhub::GET_FINDINGS.require(page.findings, "the findings"),
            )
            .await
            .map_err(Failure::from)?;
        for finding in findings {
            let Some(id) = finding.id().filter(|id| id.starts_with(&prefix)).map(str::to_owned)
            else {
                continue;
            };
            let stored = stored(&finding).ok_or_else(|| {
                Failure::Told(format!(
                    "{} answered a finding without its times: {id}",
                    securityhub::GET_FINDINGS.name
                ))
            })?;
            let resource = resource(&finding, &id, &prefix, &context.region);
            known.insert(id, Known { stored, resource });
        }
    }
    Ok(known)
}

fn stored(finding: &hub::AwsSecurityFinding) -> Option<Stored> {
    let time =
        |text: Option<&str>| DateTime::parse_from_rfc3339(text?).ok().map(|time| time.to_utc());
    let created_at = time(finding.created_at())?;
    let updated_at = time(finding.updated_at())?;
    let archived = finding.record_state() == Some(&hub::RecordState::Archived);
    Some(Stored {
        created_at,
        first_observed_at: time(finding.first_observed_at()).unwrap_or(created_at),
        updated_at,
        last_observed_at: time(finding.last_observed_at()).unwrap_or(updated_at),
        observed: time(
            finding
                .product_fields()
                .and_then(|fields| fields.get(OBSERVED_FIELD))
                .map(String::as_str),
        ),
        digest: finding.product_fields().and_then(|fields| fields.get(DIGEST_FIELD)).cloned(),
        record_state: if archived { RecordState::Archived } else { RecordState::Active },
    })
}

/// The resource of a stored finding. Its type and id stand at the end of the finding's id.
fn resource(
    finding: &hub::AwsSecurityFinding,
    id: &str,
    prefix: &str,
    region: &str,
) -> ResourceRef {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let (resource_type, resource_id) = rest.split_once('/').unwrap_or((rest, ""));
    let hub_id = finding.resources().first().and_then(|resource| resource.id());
    ResourceRef {
        resource_type: resource_type.to_owned(),
        resource_id: resource_id.to_owned(),
        arn: hub_id.filter(|id| id.starts_with("arn:")).map(str::to_owned),
        region: region.to_owned(),
    }
}

/// Findings in batches within the limits of a call.
fn batches(findings: Vec<Finding>) -> Vec<Vec<Finding>> {
    let mut batches: Vec<Vec<Finding>> = Vec::new();
    let mut bytes = 0;
    for finding in findings {
        let size = serde_json::to_vec(&finding).map_or(0, |json| json.len());
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bytes + size <= BATCH_BYTES => {
                bytes += size;
                batch.push(finding);
            }
            _ => {
                bytes = size;
                batches.push(vec![finding]);
            }
        }
    }
    batches
}

/// Imports a batch, and those of it again that Security Hub did not take.
async fn import_all(
    session: &Session,
    job: &Job<'_>,
    batch: Vec<Finding>,
    published: &mut Published,
) {
    let client = session.securityhub(&job.context.region);
    let mut rest = batch;
    for attempt in 0..=RESENDS {
        let call = client
            .batch_import_findings()
            .set_findings(Some(rest.iter().map(to_hub).collect()))
            .send();
        let failed = match session
            .send(securityhub::BATCH_IMPORT_FINDINGS, call)
            .await
            .and_then(|answer| failed(answer, &rest))
        {
            Ok(failed) => failed,
            Err(unread) => {
                published.failures.push(format!(
                    "{} findings were not imported: {}",
                    rest.len(),
                    AwsError(unread)
                ));
                return;
            }
        };
        let reasons: BTreeMap<String, String> = failed
            .into_iter()
            .map(|failure| {
                (
                    failure.id.unwrap_or_default(),
                    format!(
                        "{} {}",
                        failure.error_code.unwrap_or_default(),
                        failure.error_message.unwrap_or_default()
                    ),
                )
            })
            .collect();
        let before = rest.len();
        rest.retain(|finding| reasons.contains_key(&finding.id));
        published.sent += before - rest.len();
        if rest.is_empty() {
            return;
        }
        if attempt == RESENDS {
            published.failures.extend(reasons.iter().map(|(id, reason)| {
                format!("{id}: Security Hub did not take the finding: {reason}")
            }));
        } else {
            wait(attempt).await;
        }
    }
}

/// The findings that were not taken. Together with those that were, they must be all that were
/// sent.
fn failed(
    answer: BatchImportFindingsOutput,
    sent: &[Finding],
) -> Answer<Vec<hub::ImportFindingsError>> {
    let failed = answer.failed_findings.unwrap_or_default();
    let taken = answer.success_count.and_then(|count| usize::try_from(count).ok());
    let is_ours = |failure: &hub::ImportFindingsError| {
        sent.iter().any(|finding| Some(finding.id.as_str()) == failure.id())
    };
    if taken.is_none_or(|taken| taken + failed.len() != sent.len()) || !failed.iter().all(is_ours) {
        return Err(securityhub::BATCH_IMPORT_FINDINGS
            .malformed(format!("it does not account for all of {} findings", sent.len())));
    }
    Ok(failed)
}

/// A finding in the SDK's types.
fn to_hub(finding: &Finding) -> hub::AwsSecurityFinding {
    let severity = hub::SeverityLabel::from(finding.severity.label);
    let types = || Some(finding.types.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>());
    let compliance = &finding.compliance;
    let reason = |reason: &plumbline_core::finding::StatusReason| {
        hub::StatusReason::builder()
            .reason_code(reason.reason_code)
            .description(&reason.description)
            .build()
    };
    let parameter = |parameter: &plumbline_core::finding::ControlParameter| {
        hub::SecurityControlParameter::builder()
            .name(&parameter.name)
            .set_value(Some(parameter.value.clone()))
            .build()
    };
    let standard = |standard: &plumbline_core::finding::AssociatedStandard| {
        hub::AssociatedStandard::builder().standards_id(standard.standards_id).build()
    };
    let resource = |resource: &plumbline_core::finding::FindingResource| {
        hub::Resource::builder()
            .r#type(&resource.r#type)
            .id(&resource.id)
            .partition(hub::Partition::from(resource.partition))
            .region(&resource.region)
            .build()
    };
    let some = |list: Vec<_>| Some(list).filter(|list: &Vec<hub::StatusReason>| !list.is_empty());
    hub::AwsSecurityFinding::builder()
        .schema_version(finding.schema_version)
        .id(&finding.id)
        .product_arn(&finding.product_arn)
        .product_name(finding.product_name)
        .company_name(finding.company_name)
        .region(&finding.region)
        .generator_id(&finding.generator_id)
        .aws_account_id(&finding.aws_account_id)
        .set_types(types())
        .first_observed_at(&finding.first_observed_at)
        .last_observed_at(&finding.last_observed_at)
        .created_at(&finding.created_at)
        .updated_at(&finding.updated_at)
        .severity(hub::Severity::builder().label(severity.clone()).build())
        .title(&finding.title)
        .description(&finding.description)
        .remediation(
            hub::Remediation::builder()
                .recommendation(
                    hub::Recommendation::builder()
                        .text(&finding.remediation.recommendation.text)
                        .build(),
                )
                .build(),
        )
        .set_product_fields(Some(finding.product_fields.clone().into_iter().collect()))
        .set_resources(Some(finding.resources.iter().map(resource).collect()))
        .compliance(
            hub::Compliance::builder()
                .status(hub::ComplianceStatus::from(compliance.status.as_str()))
                .set_related_requirements(Some(compliance.related_requirements.clone()))
                .set_status_reasons(some(compliance.status_reasons.iter().map(reason).collect()))
                .set_associated_standards(Some(
                    compliance.associated_standards.iter().map(standard).collect(),
                ))
                .set_security_control_parameters(Some(
                    compliance.security_control_parameters.iter().map(parameter).collect(),
                ))
                .build(),
        )
        .record_state(hub::RecordState::from(finding.record_state.as_str()))
        .finding_provider_fields(
            hub::FindingProviderFields::builder()
                .severity(hub::FindingProviderSeverity::builder().label(severity).build())
                .set_types(types())
                .build(),
        )
        .build()
}
