//! Facts from Amazon Macie.

use aws_sdk_macie2::operation::list_classification_jobs::ListClassificationJobsOutput;
use aws_sdk_macie2::types::{
    self, AutomatedDiscoveryAccountStatus, AutomatedDiscoveryStatus, JobStatus,
};
use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::aws::AccountId;
use plumbline_core::facts::{MacieDiscovery, MacieJobs, MacieSession, MacieStatus};
use plumbline_core::operation::macie;

use crate::session::Session;

/// The page size for jobs.
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

/// Macie uses one code for "not enabled" and for "not allowed". Only the message distinguishes
/// them.
fn is_not_enabled(unread: &ReadError) -> bool {
    unread.code == "AccessDeniedException"
        && unread.message.to_ascii_lowercase().contains("macie is not enabled")
}

/// The account's own status applies. The configuration is that of the administrator of a Macie
/// organization, or of a standalone account, and members cannot read it.
pub(super) async fn discovery(
    session: &Session,
    account: &AccountId,
    region: &str,
) -> Answer<MacieDiscovery> {
    let call =
        session.macie(region).list_automated_discovery_accounts().account_ids(account.as_str());
    match session.send(macie::LIST_AUTOMATED_DISCOVERY_ACCOUNTS, call.send()).await {
        Ok(answer) => own_discovery(answer.items.unwrap_or_default(), account),
        Err(unread) if unread.cause == Cause::Denied => configured_discovery(session, region).await,
        Err(unread) => Err(unread),
    }
}

fn own_discovery(
    accounts: Vec<types::AutomatedDiscoveryAccount>,
    account: &AccountId,
) -> Answer<MacieDiscovery> {
    let own = accounts.into_iter().find(|one| one.account_id.as_deref() == Some(account.as_str()));
    let status = own.and_then(|own| own.status);
    match macie::LIST_AUTOMATED_DISCOVERY_ACCOUNTS.require(status, "the account's own status")? {
        AutomatedDiscoveryAccountStatus::Enabled => Ok(MacieDiscovery { enabled: true }),
        AutomatedDiscoveryAccountStatus::Disabled => Ok(MacieDiscovery { enabled: false }),
        other => Err(macie::LIST_AUTOMATED_DISCOVERY_ACCOUNTS
            .malformed(format!("the status is '{}'", other.as_str()))),
    }
}

async fn configured_discovery(session: &Session, region: &str) -> Answer<MacieDiscovery> {
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
    use super::*;

    #[test]
    fn the_accounts_own_status() {
        let account = AccountId::new("111122223333").expect("an id");
        let one = |id: &str, status| {
            types::AutomatedDiscoveryAccount::builder().account_id(id).status(status).build()
        };
        let (on, off) =
            (AutomatedDiscoveryAccountStatus::Enabled, AutomatedDiscoveryAccountStatus::Disabled);
        let others = || one("999988887777", on.clone());
        let read = own_discovery(vec![others(), one("111122223333", off)], &account);
        assert_eq!(read, Ok(MacieDiscovery { enabled: false }));
        let read = own_discovery(vec![one("111122223333", on.clone())], &account);
        assert_eq!(read, Ok(MacieDiscovery { enabled: true }));
        assert_eq!(
            own_discovery(vec![others()], &account).expect_err("none").cause,
            Cause::Malformed
        );
    }

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
