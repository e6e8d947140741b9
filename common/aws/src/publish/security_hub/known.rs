//! What Security Hub has of a control's findings.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_securityhub::operation::get_findings::GetFindingsOutput;
use aws_sdk_securityhub::types as hub;
use chrono::DateTime;
use plumbline_core::answer::{Answer, ReadError};
use plumbline_core::engine::{Job, Outcome, Unseen};
use plumbline_core::evaluation::{Compliance, Evaluation, ResourceRef};
use plumbline_core::finding::{
    DIGEST_FIELD, OBSERVED_FIELD, RecordState, Stored, finding_id, id_prefix, product_arn,
};
use plumbline_core::operation::securityhub;
use plumbline_core::view::Context;
use tokio::time::Instant;

use crate::error::AwsError;
use crate::publish::{before, is_worth_another, wait};
use crate::session::Session;
use crate::truncation::RequireElement;

/// What every operation answers where Security Hub is not enabled, with a message that says "not
/// subscribed". It has the same code for callers that it does not let in.
const NOT_SUBSCRIBED: &str = "InvalidAccessException";

/// `GetFindings` gives so many at a time.
const PAGE: i32 = 100;
/// A filter takes so many values.
const FILTER_VALUES: usize = 20;
/// Above so many new findings, listing the archived ones takes fewer calls than asking for each.
const MOST_BY_ID: usize = 200;
/// What the import of one run starts from: what the hub has of a finding. There can be many
/// thousands of them.
pub(super) struct Known {
    pub(super) stored: Stored,
    pub(super) arn: Option<String>,
}

pub(super) fn id_of(job: &Job<'_>, resource: &ResourceRef) -> String {
    let ResourceRef { resource_type, resource_id, .. } = resource;
    finding_id(job.control.control(), job.context, resource_type, resource_id)
}

/// Whether an evaluation makes a finding where there is none.
pub(super) fn worth_a_new_one(evaluation: &Evaluation) -> bool {
    evaluation.compliance != Compliance::NotApplicable || evaluation.waiver.is_some()
}

pub(super) enum KnownFindingsFailure {
    NotEnabled,
    Told(String),
}

impl From<ReadError> for KnownFindingsFailure {
    fn from(unread: ReadError) -> Self {
        if unread.code == NOT_SUBSCRIBED && unread.message.contains("not subscribed") {
            Self::NotEnabled
        } else {
            Self::Told(AwsError(unread).to_string())
        }
    }
}

/// The findings that the hub has of this control, account and Region: the active ones and those of
/// the run's resources, or only the latter when the run was about these only.
///
/// Archived findings are kept for weeks, so that there can be many more of them than resources.
/// They are asked for where the run would make a new finding.
pub(super) async fn known(
    session: &Session,
    job: &Job<'_>,
    outcome: &Outcome,
    until: Option<Instant>,
) -> Result<BTreeMap<String, Known>, KnownFindingsFailure> {
    let (control, context) = (job.control.control(), job.context);
    let base = hub::AwsSecurityFindingFilters::builder()
        .product_arn(equal(&product_arn(context)))
        .generator_id(equal(&control.generator_id()))
        .aws_account_id(equal(context.account.as_str()))
        .region(equal(&context.region));
    let state = |state: RecordState| base.clone().record_state(equal(state.as_str())).build();
    let prefix = id_prefix(control, context);
    let list = async |filters, wanted: Option<&BTreeSet<String>>| {
        list(session, (&context.region, &prefix), until, filters, wanted).await
    };
    let is_whole = outcome.unseen != Unseen::Untouched;
    let mut known = BTreeMap::new();
    if is_whole {
        known.extend(list(state(RecordState::Active), None).await?);
    }
    let missing: BTreeSet<String> = outcome
        .evaluations
        .iter()
        .filter(|evaluation| !is_whole || worth_a_new_one(evaluation))
        .map(|evaluation| id_of(job, &evaluation.resource))
        .filter(|id| !known.contains_key(id))
        .collect();
    if is_whole && missing.len() > MOST_BY_ID {
        known.extend(list(state(RecordState::Archived), Some(&missing)).await?);
    } else {
        let ids: Vec<&String> = missing.iter().collect();
        for ids in ids.chunks(FILTER_VALUES) {
            let ids = ids.iter().map(|id| equal(id)).collect();
            known.extend(list(base.clone().set_id(Some(ids)).build(), None).await?);
        }
    }
    Ok(known)
}

pub(super) fn equal(value: &str) -> hub::StringFilter {
    hub::StringFilter::builder()
        .value(value)
        .comparison(hub::StringFilterComparison::Equals)
        .build()
}

/// Lists the findings of a Region whose ids begin with a prefix, or the wanted ones of them. Each
/// is reduced as its page arrives.
pub(super) async fn list(
    session: &Session,
    (region, prefix): (&str, &str),
    until: Option<Instant>,
    filters: hub::AwsSecurityFindingFilters,
    wanted: Option<&BTreeSet<String>>,
) -> Result<Vec<(String, Known)>, KnownFindingsFailure> {
    let client = session.securityhub(region);
    let call = |token| {
        client
            .get_findings()
            .filters(filters.clone())
            .max_results(PAGE)
            .set_next_token(token)
            .customize()
            .interceptor(RequireElement("\"Findings\""))
            .send()
    };
    let reduce = |page: GetFindingsOutput| {
        let findings = securityhub::GET_FINDINGS.require(page.findings, "the findings")?;
        let ours = findings.iter().filter_map(|finding| {
            let id = finding.id().filter(|id| id.starts_with(prefix))?;
            (wanted.is_none_or(|wanted| wanted.contains(id))).then_some((id, finding))
        });
        ours.map(|(id, finding)| Ok((id.to_owned(), known_of(id, finding)?))).collect()
    };
    let mut attempt = 0;
    loop {
        let listed =
            session.list(securityhub::GET_FINDINGS, &call, |page| page.next_token(), &reduce);
        match before(until, securityhub::GET_FINDINGS, listed).await {
            Err(unread) if is_worth_another(&unread, attempt, until) => {
                wait(attempt, until).await;
                attempt += 1;
            }
            answer => return answer.map_err(KnownFindingsFailure::from),
        }
    }
}

fn known_of(id: &str, finding: &hub::AwsSecurityFinding) -> Answer<Known> {
    let stored = stored(finding).ok_or_else(|| {
        securityhub::GET_FINDINGS.malformed(format!("a finding has no times: {id}"))
    })?;
    let arn = finding.resources().first().and_then(|resource| resource.id());
    Ok(Known { stored, arn: arn.filter(|id| id.starts_with("arn:")).map(str::to_owned) })
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
pub(super) fn resource(
    id: &str,
    arn: Option<&str>,
    prefix: &str,
    context: &Context,
) -> ResourceRef {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let (resource_type, resource_id) = rest.split_once('/').unwrap_or((rest, ""));
    ResourceRef {
        resource_type: resource_type.to_owned(),
        resource_id: resource_id.to_owned(),
        arn: arn.map(str::to_owned),
        region: context.region.clone(),
    }
}
