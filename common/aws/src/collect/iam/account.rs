//! Facts from IAM. One endpoint serves the whole partition. The Region only selects the partition.

use std::time::{Duration, SystemTime};

use aws_sdk_iam::operation::get_account_password_policy::GetAccountPasswordPolicyOutput;
use aws_sdk_iam::operation::get_account_summary::GetAccountSummaryOutput;
use aws_sdk_iam::operation::get_credential_report::GetCredentialReportOutput;
use aws_sdk_iam::operation::list_server_certificates::ListServerCertificatesOutput;
use aws_sdk_iam::operation::list_users::ListUsersOutput;
use aws_sdk_iam::operation::list_virtual_mfa_devices::ListVirtualMfaDevicesOutput;
use aws_sdk_iam::types::{self, AssignmentStatusType, ReportStateType, SummaryKeyType};
use chrono::{DateTime, TimeDelta, Utc};
use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::facts::{
    AccountSummary, CredentialReport, OtherPasswordRules, PasswordPolicy, PasswordRules,
    ServerCertificate, ServerCertificates, User, Users, VirtualMfaDevice, VirtualMfaDevices,
};
use plumbline_core::operation::iam;

use super::{A_PAGE, NO_SUCH_ENTITY, whole};
use crate::session::Session;
use crate::time;
use crate::truncation::RequireElement;

/// The waits between requests for the credential report, in milliseconds: one minute in total. Most
/// reports take one or two seconds.
const REPORT_WAITS: [u64; 14] =
    [250, 500, 1_000, 2_000, 3_000, 5_000, 5_000, 5_000, 6_000, 6_000, 6_000, 6_000, 7_000, 7_250];

/// The minimum age at which IAM generates a new report.
const REPORT_MADE_EVERY: TimeDelta = TimeDelta::hours(4);
/// The maximum age of a report that is used, even if IAM generates no newer one.
const OLDEST_REPORT: TimeDelta = TimeDelta::hours(24);

/// Codes of `GetCredentialReport` for a report that is not ready or has expired.
const REPORT_NOT_READY: [&str; 3] = ["ReportInProgress", "ReportNotPresent", "ReportExpired"];

pub(in crate::collect) async fn account_summary(
    session: &Session,
    region: &str,
) -> Answer<AccountSummary> {
    let answer = session
        .send(iam::GET_ACCOUNT_SUMMARY, session.iam(region).get_account_summary().send())
        .await?;
    summary_of(answer)
}

fn summary_of(answer: GetAccountSummaryOutput) -> Answer<AccountSummary> {
    let totals = iam::GET_ACCOUNT_SUMMARY.require(answer.summary_map, "the totals")?;
    let total = |key| totals.get(&key).copied();
    Ok(AccountSummary {
        root_access_keys: total(SummaryKeyType::AccountAccessKeysPresent),
        root_mfa: total(SummaryKeyType::AccountMfaEnabled),
        root_password: total(SummaryKeyType::AccountPasswordPresent),
    })
}

pub(in crate::collect) async fn users(session: &Session, region: &str) -> Answer<Users> {
    let client = session.iam(region);
    let page = |token| {
        client
            .list_users()
            .max_items(A_PAGE)
            .set_marker(token)
            .customize()
            .interceptor(RequireElement("<Users"))
            .send()
    };
    session.list(iam::LIST_USERS, page, ListUsersOutput::marker, users_of).await.map(Users)
}

fn users_of(page: ListUsersOutput) -> Answer<Vec<User>> {
    whole(iam::LIST_USERS, page.is_truncated, page.marker.as_deref())?;
    page.users.into_iter().map(user_of).collect()
}

pub(in crate::collect) async fn virtual_mfa_devices(
    session: &Session,
    region: &str,
) -> Answer<VirtualMfaDevices> {
    let client = session.iam(region);
    let page = |token| {
        client
            .list_virtual_mfa_devices()
            .assignment_status(AssignmentStatusType::Assigned)
            .max_items(A_PAGE)
            .set_marker(token)
            .customize()
            .interceptor(RequireElement("<VirtualMFADevices"))
            .send()
    };
    session
        .list(iam::LIST_VIRTUAL_MFA_DEVICES, page, ListVirtualMfaDevicesOutput::marker, devices_of)
        .await
        .map(VirtualMfaDevices)
}

fn devices_of(page: ListVirtualMfaDevicesOutput) -> Answer<Vec<VirtualMfaDevice>> {
    whole(iam::LIST_VIRTUAL_MFA_DEVICES, page.is_truncated, page.marker.as_deref())?;
    page.virtual_mfa_devices.into_iter().map(device_of).collect()
}

/// The root user is also a user here, but without a name.
fn device_of(device: types::VirtualMfaDevice) -> Answer<VirtualMfaDevice> {
    Ok(VirtualMfaDevice {
        serial: iam::LIST_VIRTUAL_MFA_DEVICES
            .require_text(Some(device.serial_number), "a device's serial number")?,
        user: device.user.map(|user| user.arn).filter(|arn| !arn.is_empty()),
    })
}

pub(in crate::collect) async fn password_policy(
    session: &Session,
    region: &str,
) -> Answer<PasswordPolicy> {
    match session
        .send(
            iam::GET_ACCOUNT_PASSWORD_POLICY,
            session.iam(region).get_account_password_policy().send(),
        )
        .await
    {
        Ok(answer) => rules_of(answer).map(|rules| PasswordPolicy(Some(rules))),
        Err(unread) if unread.code == NO_SUCH_ENTITY => Ok(PasswordPolicy(None)),
        Err(unread) => Err(unread),
    }
}

fn rules_of(answer: GetAccountPasswordPolicyOutput) -> Answer<PasswordRules> {
    let policy = iam::GET_ACCOUNT_PASSWORD_POLICY.require(answer.password_policy, "the policy")?;
    Ok(PasswordRules {
        minimum_length: policy.minimum_password_length,
        remembered: policy.password_reuse_prevention,
        others: Some(OtherPasswordRules {
            symbols: policy.require_symbols,
            numbers: policy.require_numbers,
            uppercase: policy.require_uppercase_characters,
            lowercase: policy.require_lowercase_characters,
            own_change: policy.allow_users_to_change_password,
            max_age: policy.max_password_age,
            hard_expiry: policy.hard_expiry.unwrap_or_default(),
        }),
    })
}

pub(in crate::collect) async fn server_certificates(
    session: &Session,
    region: &str,
) -> Answer<ServerCertificates> {
    let client = session.iam(region);
    let page = |token| {
        client
            .list_server_certificates()
            .max_items(A_PAGE)
            .set_marker(token)
            .customize()
            .interceptor(RequireElement("<ServerCertificateMetadataList"))
            .send()
    };
    session
        .list(
            iam::LIST_SERVER_CERTIFICATES,
            page,
            ListServerCertificatesOutput::marker,
            certificates_of,
        )
        .await
        .map(ServerCertificates)
}

fn certificates_of(page: ListServerCertificatesOutput) -> Answer<Vec<ServerCertificate>> {
    whole(iam::LIST_SERVER_CERTIFICATES, page.is_truncated, page.marker.as_deref())?;
    page.server_certificate_metadata_list.into_iter().map(certificate_of).collect()
}

fn certificate_of(certificate: types::ServerCertificateMetadata) -> Answer<ServerCertificate> {
    let expires = certificate.expiration.as_ref().and_then(time::from_sdk);
    Ok(ServerCertificate {
        name: iam::LIST_SERVER_CERTIFICATES
            .require_text(Some(certificate.server_certificate_name), "a certificate's name")?,
        arn: iam::LIST_SERVER_CERTIFICATES
            .require_text(Some(certificate.arn), "a certificate's ARN")?,
        expires: iam::LIST_SERVER_CERTIFICATES
            .require(expires, "the expiration time of a certificate")?,
    })
}

fn user_of(user: types::User) -> Answer<User> {
    // The SDK fills an absent required member with an empty text, and an absent time with the start
    // of 1970.
    let created = time::from_sdk(&user.create_date).filter(|created| created.timestamp() != 0);
    Ok(User {
        id: iam::LIST_USERS.require_text(Some(user.user_id), "a user's id")?,
        name: iam::LIST_USERS.require_text(Some(user.user_name), "a user's name")?,
        arn: iam::LIST_USERS.require_text(Some(user.arn), "a user's ARN")?,
        created: iam::LIST_USERS.require(created, "the creation time of a user")?,
    })
}

/// The existing report, if IAM would not generate a newer one. Otherwise a new report.
///
/// IAM generates a report at most every four hours. It limits how often it can be requested, for
/// the whole account: if that limit is exceeded, a report of the last 24 hours is used. The report
/// contains its time, and verdicts state it.
pub(in crate::collect) async fn credential_report(
    session: &Session,
    region: &str,
) -> Answer<CredentialReport> {
    let mut present = match get(session, region).await {
        Ok(report) if age(&report) < REPORT_MADE_EVERY => return Ok(report),
        Ok(report) => Some(report).filter(|report| age(report) < OLDEST_REPORT),
        Err(unread) if is_not_ready(&unread) => None,
        Err(unread) => return Err(unread),
    };
    let mut last = ReadError {
        message: "the report was not ready after a minute".to_owned(),
        ..ReadError::new(iam::GENERATE_CREDENTIAL_REPORT.name, Cause::Failed, "ReportInProgress")
    };
    for wait in REPORT_WAITS {
        match generate(session, region).await {
            Ok(false) => {}
            Ok(true) => match get(session, region).await {
                Err(unread) if is_not_ready(&unread) => last = unread,
                answer => return answer,
            },
            Err(unread) if is_asked_too_often(&unread) => match present.take() {
                Some(report) => return Ok(report),
                None => last = unread,
            },
            Err(unread) => return Err(unread),
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
        // Another caller may have requested it.
        if is_asked_too_often(&last)
            && let Ok(report) = get(session, region).await
            && age(&report) < OLDEST_REPORT
        {
            return Ok(report);
        }
    }
    Err(last)
}

/// The age of a report. A report from the future counts as new.
fn age(report: &CredentialReport) -> TimeDelta {
    DateTime::<Utc>::from(SystemTime::now()) - report.generated
}

fn is_asked_too_often(unread: &ReadError) -> bool {
    unread.cause == Cause::Throttled || unread.code == "LimitExceeded"
}

fn is_not_ready(unread: &ReadError) -> bool {
    REPORT_NOT_READY.contains(&unread.code.as_str())
}

/// Requests a report. Returns whether it is ready.
async fn generate(session: &Session, region: &str) -> Answer<bool> {
    let answer = session
        .send(
            iam::GENERATE_CREDENTIAL_REPORT,
            session.iam(region).generate_credential_report().send(),
        )
        .await?;
    match answer.state {
        Some(ReportStateType::Complete) => Ok(true),
        Some(ReportStateType::Started | ReportStateType::Inprogress) => Ok(false),
        other => {
            Err(iam::GENERATE_CREDENTIAL_REPORT
                .malformed(format!("the report's state is {other:?}")))
        }
    }
}

async fn get(session: &Session, region: &str) -> Answer<CredentialReport> {
    let answer = session
        .send(iam::GET_CREDENTIAL_REPORT, session.iam(region).get_credential_report().send())
        .await?;
    report_of(answer)
}

fn report_of(answer: GetCredentialReportOutput) -> Answer<CredentialReport> {
    let generated = answer.generated_time.as_ref().and_then(time::from_sdk);
    let generated =
        iam::GET_CREDENTIAL_REPORT.require(generated, "the creation time of the report")?;
    let content = iam::GET_CREDENTIAL_REPORT.require(answer.content, "the report")?;
    CredentialReport::parse(generated, content.as_ref())
        .map_err(|error| iam::GET_CREDENTIAL_REPORT.malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::{Blob, DateTime};

    use super::*;

    fn malformed<T: std::fmt::Debug>(answer: Answer<T>) -> bool {
        answer.expect_err("malformed").cause == Cause::Malformed
    }

    #[test]
    fn totals_that_are_absent_stay_absent() {
        let answer = GetAccountSummaryOutput::builder()
            .summary_map(SummaryKeyType::AccountMfaEnabled, 1)
            .summary_map(SummaryKeyType::Users, 9)
            .build();
        assert_eq!(
            summary_of(answer),
            Ok(AccountSummary { root_access_keys: None, root_mfa: Some(1), root_password: None })
        );
        assert!(malformed(summary_of(GetAccountSummaryOutput::builder().build())));
    }

    fn user(id: &str, created: i64) -> types::User {
        let user = types::User::builder()
            .path("/")
            .user_name("alice")
            .user_id(id)
            .arn("arn:aws:iam::111122223333:user/alice");
        user.create_date(DateTime::from_secs(created)).build().expect("complete")
    }

    fn page(user: types::User) -> ListUsersOutput {
        ListUsersOutput::builder().users(user).build().expect("complete")
    }

    #[test]
    fn users_are_complete_or_refused() {
        let users = users_of(page(user("AIDA1", 60))).expect("a user");
        assert_eq!(
            (users[0].id.as_str(), users[0].name.as_str(), users[0].created.timestamp()),
            ("AIDA1", "alice", 60)
        );
        assert!(malformed(users_of(page(user("", 60)))));
        assert!(malformed(users_of(page(user("AIDA1", 0)))));
        let cut = ListUsersOutput::builder()
            .users(user("AIDA1", 60))
            .is_truncated(true)
            .build()
            .expect("complete");
        assert!(malformed(users_of(cut)));
    }

    #[test]
    fn devices_and_their_users() {
        let root = types::User::builder()
            .path("/")
            .user_name("")
            .user_id("1")
            .arn("arn:aws:iam::1:root")
            .create_date(DateTime::from_secs(1))
            .build();
        let device = |serial: &str| types::VirtualMfaDevice::builder().serial_number(serial);
        let found =
            device_of(device("arn:mfa/x").user(root.expect("complete")).build().expect("complete"))
                .expect("a device");
        assert_eq!(found.user.as_deref(), Some("arn:aws:iam::1:root"));
        assert_eq!(
            device_of(device("arn:mfa/x").build().expect("complete")).expect("a device").user,
            None
        );
        assert!(malformed(device_of(device("").build().expect("complete"))));
    }

    #[test]
    fn a_policy_is_there_or_refused() {
        let policy = types::PasswordPolicy::builder().minimum_password_length(14).build();
        let answer = GetAccountPasswordPolicyOutput::builder().password_policy(policy).build();
        assert_eq!(
            rules_of(answer),
            Ok(PasswordRules {
                minimum_length: Some(14),
                remembered: None,
                others: Some(OtherPasswordRules::default()),
            })
        );
        assert!(malformed(rules_of(GetAccountPasswordPolicyOutput::builder().build())));
    }

    #[test]
    fn certificates_have_an_end() {
        let certificate = || {
            types::ServerCertificateMetadata::builder()
                .path("/")
                .server_certificate_name("web")
                .server_certificate_id("A")
                .arn("arn:web")
        };
        let complete = certificate().expiration(DateTime::from_secs(60)).build().expect("complete");
        assert_eq!(certificate_of(complete).expect("a certificate").expires.timestamp(), 60);
        assert!(malformed(certificate_of(certificate().build().expect("complete"))));
    }

    #[test]
    fn reports_have_a_moment_and_a_content() {
        let moment = DateTime::from_secs(60);
        let content = Blob::new("user,arn");
        assert!(malformed(report_of(
            GetCredentialReportOutput::builder().content(content.clone()).build()
        )));
        assert!(malformed(report_of(
            GetCredentialReportOutput::builder().generated_time(moment).build()
        )));
        assert!(malformed(report_of(
            GetCredentialReportOutput::builder().generated_time(moment).content(content).build()
        )));
    }

    #[test]
    fn the_wait_for_the_report_is_a_minute() {
        assert_eq!(REPORT_WAITS.iter().sum::<u64>(), 60_000);
        assert!(REPORT_WAITS.is_sorted());
    }
}
