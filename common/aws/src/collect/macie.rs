//! Facts from Amazon Macie.

use aws_sdk_macie2::operation::list_classification_jobs::ListClassificationJobsOutput;
use aws_sdk_macie2::types::{self, AutomatedDiscoveryStatus, JobStatus};
use plumbline_core::answer::{Answer, ReadError};
use plumbline_core::facts::{MacieDiscovery, MacieJobs, MacieSession, MacieStatus};
use plumbline_core::operation::macie;

use crate::session::Session;

/// Jobs in a page.
const JOBS_A_PAGE: i32 = 50;

pub(super) async fn session(session: &Session, region: &str) -> Answer<MacieSession> {
    let status = match session
        .send(macie::GET_MACIE_SESSION, session.macie(region).get_macie_session().send())
        .await
    {
        Ok(answer) => macie::GET_MACIE_SESSION.require(answer.status, "the status")?,
        Err(unread) if is_not_enabled(&unread) => return Ok(MacieSession { status: None }),
        Err(unread) => return Err(unread),
    };
    match status {
        types::MacieStatus::Enabled => Ok(MacieSession { status: Some(MacieStatus::Enabled) }),
        types::MacieStatus::Paused => Ok(MacieSession { status: Some(MacieStatus::Paused) }),
        other => {
            Err(macie::GET_MACIE_SESSION.malformed(format!("the status is '{}'", other.as_str())))
        }
    }
}

/// Macie uses one code for "not enabled" and for "not allowed"; the message tells them apart.
fn is_not_enabled(unread: &ReadError) -> bool {
    unread.code == "AccessDeniedException"
        && unread.message.to_ascii_lowercase().contains("macie is not enabled")
}

pub(super) async fn discovery(session: &Session, region: &str) -> Answer<MacieDiscovery> {
    let answer = session
        .send(
            macie::GET_AUTOMATED_DISCOVERY_CONFIGURATION,
            session.macie(region).get_automated_discovery_configuration().send(),
        )
        .await?;
    match macie::GET_AUTOMATED_DISCOVERY_CONFIGURATION.require(answer.status, "the status")? {
        AutomatedDiscoveryStatus::Enabled => Ok(MacieDiscovery { enabled: true }),
        AutomatedDiscoveryStatus::Disabled => Ok(MacieDiscovery { enabled: false }),
        other => Err(macie::GET_AUTOMATED_DISCOVERY_CONFIGURATION
            .malformed(format!("the status is '{}'", other.as_str()))),
    }
}

pub(super) async fn jobs(session: &Session, region: &str) -> Answer<MacieJobs> {
    let client = session.macie(region);
    let page = |token| {
        client.list_classification_jobs().max_results(JOBS_A_PAGE).set_next_token(token).send()
    };
    let cancelled = session
        .list(
            macie::LIST_CLASSIFICATION_JOBS,
            page,
            ListClassificationJobsOutput::next_token,
            cancelled_of,
        )
        .await?;
    let (cancelled, live): (Vec<bool>, Vec<bool>) =
        cancelled.into_iter().partition(|cancelled| *cancelled);
    Ok(MacieJobs { live: live.len(), cancelled: cancelled.len() })
}

/// Whether each job of a page was cancelled.
fn cancelled_of(page: ListClassificationJobsOutput) -> Answer<Vec<bool>> {
    let status = |job: types::JobSummary| {
        macie::LIST_CLASSIFICATION_JOBS.require(job.job_status, "a job's status")
    };
    macie::LIST_CLASSIFICATION_JOBS
        .require(page.items, "the jobs")?
        .into_iter()
        .map(|job| Ok(status(job)? == JobStatus::Cancelled))
        .collect()
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn not_enabled_is_not_denied() {
        let denied = |message: &str| ReadError {
            message: message.to_owned(),
            ..ReadError::new(macie::GET_MACIE_SESSION.name, Cause::Denied, "AccessDeniedException")
        };
        assert!(is_not_enabled(&denied("Macie is not enabled.")));
        assert!(!is_not_enabled(&denied(
            "User: arn:aws:iam::111122223333:user/a is not authorized to perform: \
             macie2:GetMacieSession"
        )));
        assert!(!is_not_enabled(&denied("")));
    }

    #[test]
    fn jobs_have_a_status() {
        let page = |status: Option<JobStatus>| {
            ListClassificationJobsOutput::builder()
                .items(types::JobSummary::builder().set_job_status(status).build())
                .build()
        };
        assert_eq!(cancelled_of(page(Some(JobStatus::Cancelled))), Ok(vec![true]));
        assert_eq!(cancelled_of(page(Some(JobStatus::Complete))), Ok(vec![false]));
        assert!(cancelled_of(page(None)).is_err());
        assert!(cancelled_of(ListClassificationJobsOutput::builder().build()).is_err());
    }
}
