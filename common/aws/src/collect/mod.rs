//! Collectors: each fact is read by one function. One file a service.
//!
//! "Never a false pass" starts here: what an answer must have and has not is [`Cause::Malformed`](plumbline_core::fact::Cause), never a default.

mod cloudtrail;
mod cloudwatch;
mod config;
mod ec2;
mod iam;
mod kms;
mod logs;
mod s3;
mod securityhub;
mod sns;

use plumbline_core::aws::AccountId;
use plumbline_core::fact::{Answer, Cause, Key, Unread};
use plumbline_core::facts::{Fact, Kind};

use crate::session::Session;

/// The account that is read.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) session: Session,
    pub(crate) account: AccountId,
    /// Where global services are asked.
    pub(crate) home_region: String,
}

/// Reads one fact.
pub(crate) async fn fact(target: &Target, key: &Key) -> Answer<Fact> {
    let Target { session, account, home_region } = target;
    let Key { kind, region, id } = key;
    match kind {
        Kind::AccountSummary => iam::account_summary(session, home_region).await.map(Fact::from),
        Kind::CredentialReport => iam::credential_report(session, home_region).await.map(Fact::from),
        Kind::Users => iam::users(session, home_region).await.map(Fact::from),
        Kind::Buckets => s3::buckets(session, home_region).await.map(Fact::from),
        Kind::BucketVersioning => s3::versioning(session, account, region, id).await.map(Fact::from),
        Kind::BucketLogging => s3::logging(session, account, region, id).await.map(Fact::from),
        Kind::Trails => cloudtrail::trails(session, home_region).await.map(Fact::from),
        Kind::TrailSettings => cloudtrail::settings(session, region, id).await.map(Fact::from),
        Kind::TrailStatus => cloudtrail::status(session, region, id).await.map(Fact::from),
        Kind::TrailSelectors => cloudtrail::selectors(session, region, id).await.map(Fact::from),
        Kind::Recording => config::recording(session, region).await.map(Fact::from),
        Kind::KmsKeys => kms::keys(session, region).await.map(Fact::from),
        Kind::KmsKeyMetadata => kms::metadata(session, region, id).await.map(Fact::from),
        Kind::KmsKeyRotation => kms::rotation(session, region, id).await.map(Fact::from),
        Kind::Vpcs => ec2::vpcs(session, region).await.map(Fact::from),
        Kind::FlowLogs => ec2::flow_logs(session, region).await.map(Fact::from),
        Kind::MetricFilters => logs::metric_filters(session, region, id).await.map(Fact::from),
        Kind::Alarms => cloudwatch::alarms(session, region).await.map(Fact::from),
        Kind::TopicSubscriptions => sns::subscriptions(session, region, id).await.map(Fact::from),
        Kind::SecurityHub => securityhub::hub(session, region).await.map(Fact::from),
        Kind::SecurityGroups => ec2::security_groups(session, region).await.map(Fact::from),
        Kind::PrefixListEntries => ec2::prefix_list_entries(session, region, id).await.map(Fact::from),
    }
}

/// Turns a failure with a code that means "there is no such thing (any more)" into [`Cause::Gone`].
fn gone_when(code: &str) -> impl Fn(Unread) -> Unread {
    move |unread| if unread.code == code { Unread { cause: Cause::Gone, ..unread } } else { unread }
}
