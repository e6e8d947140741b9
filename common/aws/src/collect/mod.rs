//! Collectors: each fact is read by one function. One file a service.
//!
//! "Never a false pass" starts here: what an answer must have and has not is
//! [`Cause::Malformed`](plumbline_core::fact::Cause), never a default.

mod access_analyzer;
mod account;
mod cloudtrail;
mod cloudwatch;
mod config;
mod ec2;
mod efs;
mod iam;
mod iam_policies;
mod kms;
mod logs;
mod macie;
mod organizations;
mod rds;
mod s3;
mod securityhub;
mod sns;

use std::pin::Pin;

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

/// A fact that is being read.
type Reading<'a> = Pin<Box<dyn Future<Output = Answer<Fact>> + Send + 'a>>;

/// Puts a collector's future into a box. It is made in here: all collectors' futures together would
/// not fit on the stack of a thread.
fn boxed<'a, T: Into<Fact>, F: Future<Output = Answer<T>> + Send + 'a>(
    call: impl FnOnce() -> F,
) -> Reading<'a> {
    let answer = call();
    Box::pin(async move { answer.await.map(Into::into) })
}

/// Reads one fact.
pub(crate) fn fact<'a>(target: &'a Target, key: &'a Key) -> Reading<'a> {
    let Target { session, account, home_region } = target;
    let Key { kind, region, id } = key;
    match kind {
        Kind::AccountSummary => boxed(|| iam::account_summary(session, home_region)),
        Kind::CredentialReport => boxed(|| iam::credential_report(session, home_region)),
        Kind::Users => boxed(|| iam::users(session, home_region)),
        Kind::VirtualMfaDevices => boxed(|| iam::virtual_mfa_devices(session, home_region)),
        Kind::PasswordPolicy => boxed(|| iam::password_policy(session, home_region)),
        Kind::UserPolicies => boxed(|| iam_policies::user_policies(session, home_region)),
        Kind::PolicyHolders => boxed(|| iam_policies::policy_holders(session, home_region)),
        Kind::AttachedAwsPolicies => {
            boxed(|| iam_policies::attached_aws_policies(session, home_region))
        }
        Kind::PolicyDocument => boxed(|| iam_policies::document(session, region, id)),
        Kind::PolicyRoles => boxed(|| iam_policies::roles(session, region, id)),
        Kind::ServerCertificates => boxed(|| iam::server_certificates(session, home_region)),
        Kind::PrimaryContact => boxed(|| account::primary_contact(session, home_region)),
        Kind::SecurityContact => boxed(|| account::security_contact(session, home_region)),
        Kind::Organization => boxed(|| organizations::organization(session, home_region)),
        Kind::Analyzers => boxed(|| access_analyzer::analyzers(session, region)),
        Kind::Instances => boxed(|| ec2::instances(session, region)),
        Kind::Buckets => boxed(|| s3::buckets(session, home_region)),
        Kind::BucketVersioning => boxed(|| s3::versioning(session, account, region, id)),
        Kind::BucketEncryption => boxed(|| s3::encryption(session, account, region, id)),
        Kind::BucketPolicy => boxed(|| s3::policy(session, account, region, id)),
        Kind::BucketPolicyStatus => boxed(|| s3::policy_status(session, account, region, id)),
        Kind::BucketAcl => boxed(|| s3::acl(session, account, region, id)),
        Kind::BucketPublicAccessBlock => {
            boxed(|| s3::public_access_block(session, account, region, id))
        }
        Kind::AccountPublicAccessBlock => {
            boxed(|| s3::account_public_access_block(session, account, home_region))
        }
        Kind::MacieSession => boxed(|| macie::session(session, region)),
        Kind::MacieDiscovery => boxed(|| macie::discovery(session, region)),
        Kind::MacieJobs => boxed(|| macie::jobs(session, region)),
        Kind::DbInstances => boxed(|| rds::instances(session, region)),
        Kind::FileSystems => boxed(|| efs::file_systems(session, region)),
        Kind::BucketLogging => boxed(|| s3::logging(session, account, region, id)),
        Kind::Trails => boxed(|| cloudtrail::trails(session, home_region)),
        Kind::TrailSettings => boxed(|| cloudtrail::settings(session, region, id)),
        Kind::TrailStatus => boxed(|| cloudtrail::status(session, region, id)),
        Kind::TrailSelectors => boxed(|| cloudtrail::selectors(session, region, id)),
        Kind::Recording => boxed(|| config::recording(session, region)),
        Kind::KmsKeys => boxed(|| kms::keys(session, region)),
        Kind::KmsKeyMetadata => boxed(|| kms::metadata(session, region, id)),
        Kind::KmsKeyRotation => boxed(|| kms::rotation(session, region, id)),
        Kind::Vpcs => boxed(|| ec2::vpcs(session, region)),
        Kind::FlowLogs => boxed(|| ec2::flow_logs(session, region)),
        Kind::MetricFilters => boxed(|| logs::metric_filters(session, region, id)),
        Kind::Alarms => boxed(|| cloudwatch::alarms(session, account, region)),
        Kind::TopicSubscriptions => boxed(|| sns::subscriptions(session, region, id)),
        Kind::SecurityHub => boxed(|| securityhub::hub(session, region)),
        Kind::SecurityGroups => boxed(|| ec2::security_groups(session, region)),
        Kind::PrefixListEntries => boxed(|| ec2::prefix_list_entries(session, region, id)),
        Kind::EbsDefaultEncryption => boxed(|| ec2::ebs_default_encryption(session, region)),
        Kind::NetworkAcls => boxed(|| ec2::network_acls(session, region)),
        Kind::RouteTables => boxed(|| ec2::route_tables(session, region)),
        Kind::PeeringConnections => boxed(|| ec2::peering_connections(session, region)),
    }
}

/// Turns a failure with a code that means "there is no such thing (any more)" into [`Cause::Gone`].
fn gone_when(code: &str) -> impl Fn(Unread) -> Unread {
    move |unread| if unread.code == code { Unread { cause: Cause::Gone, ..unread } } else { unread }
}
