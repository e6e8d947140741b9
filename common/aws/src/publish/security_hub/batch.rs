//! Batches of findings for Security Hub.

use std::collections::BTreeMap;

use aws_sdk_securityhub::operation::batch_import_findings::BatchImportFindingsOutput;
use aws_sdk_securityhub::types as hub;
use plumbline_core::answer::Answer;
use plumbline_core::finding::{Finding, RecordState};
use plumbline_core::operation::securityhub;
use tokio::time::Instant;

use crate::error::AwsError;
use crate::publish::config_rule::Published;
use crate::publish::{RESENDS, before, is_worth_another, wait};
use crate::session::Session;
use crate::truncation::RequireElement;

/// The maximum number of findings for `BatchImportFindings`.
const BATCH: usize = 100;
/// The maximum size of the findings in a batch. `BatchImportFindings` accepts 6 MB; the rest is for
/// the request around the findings.
const BATCH_BYTES: usize = 5_500_000;
/// The findings of one call.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) findings: Vec<Finding>,
    bytes: usize,
}

impl Batch {
    /// Adds a finding. Returns the previous batch if the finding no longer fits into it.
    pub(super) fn add(&mut self, finding: Finding) -> Option<Vec<Finding>> {
        let size = serde_json::to_vec(&finding).map_or(0, |json| json.len());
        let is_full = self.findings.len() == BATCH || self.bytes + size > BATCH_BYTES;
        let full = (is_full && !self.findings.is_empty()).then(|| {
            self.bytes = 0;
            std::mem::take(&mut self.findings)
        });
        self.bytes += size;
        self.findings.push(finding);
        full
    }
}

/// Imports a batch, and resends the findings that Security Hub did not accept.
pub(super) async fn import_all(
    session: &Session,
    region: &str,
    batch: Vec<Finding>,
    until: Option<Instant>,
    published: &mut Published,
) {
    if batch.is_empty() {
        return;
    }
    let client = session.securityhub(region);
    let (mut rest, mut resent) = (batch, 0);
    for attempt in 0.. {
        let call = client
            .batch_import_findings()
            .set_findings(Some(rest.iter().map(to_hub).collect()))
            .customize()
            .interceptor(RequireElement("\"FailedCount\""))
            .send();
        let call = session.send(securityhub::BATCH_IMPORT_FINDINGS, call);
        let failed = match before(until, securityhub::BATCH_IMPORT_FINDINGS, call)
            .await
            .and_then(|answer| failed(answer, &rest))
        {
            Ok(failed) => failed,
            Err(unread) if is_worth_another(&unread, attempt, until) => {
                wait(attempt, until).await;
                continue;
            }
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
        for finding in rest.iter().filter(|finding| !reasons.contains_key(&finding.id)) {
            published.sent += 1;
            published.archived += usize::from(finding.record_state == RecordState::Archived);
        }
        rest.retain(|finding| reasons.contains_key(&finding.id));
        if rest.is_empty() {
            return;
        }
        if resent == RESENDS {
            published.failures.extend(reasons.iter().map(|(id, reason)| {
                format!("{id}: Security Hub did not accept the finding: {reason}")
            }));
            return;
        }
        wait(resent, until).await;
        resent += 1;
    }
}

/// The rejected findings. Together with the accepted findings, they must be all findings that were
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
            .malformed(format!("the response does not account for all {} findings", sent.len())));
    }
    Ok(failed)
}

/// A list; `None` if it is empty, because Security Hub rejects empty lists.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

/// A finding as a type of the SDK.
fn to_hub(finding: &Finding) -> hub::AwsSecurityFinding {
    let severity = hub::SeverityLabel::from(finding.severity.label);
    let types = || Some(finding.types.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>());
    let compliance = &finding.compliance;
    let reason = |reason: &plumbline_core::finding::StatusReason| {
        hub::StatusReason::builder()
            .reason_code(reason.reason_code.as_ref())
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
                        .set_url(finding.remediation.recommendation.url.clone())
                        .build(),
                )
                .build(),
        )
        .set_product_fields(Some(finding.product_fields.clone().into_iter().collect()))
        .set_resources(Some(finding.resources.iter().map(resource).collect()))
        .compliance(
            hub::Compliance::builder()
                .status(hub::ComplianceStatus::from(compliance.status.as_str()))
                .set_related_requirements(some(compliance.related_requirements.clone()))
                .set_status_reasons(some(compliance.status_reasons.iter().map(reason).collect()))
                .set_associated_standards(some(
                    compliance.associated_standards.iter().map(standard).collect(),
                ))
                .set_security_control_parameters(some(
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
