//! Collectors: each fact is read by one function. One file a service.
//!
//! "Never a false pass" starts here: what an answer must have and has not is [`Cause::Malformed`](plumbline_core::fact::Cause), never a default.

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
        Kind::VirtualMfaDevices => iam::virtual_mfa_devices(session, home_region).await.map(Fact::from),
        Kind::PasswordPolicy => iam::password_policy(session, home_region).await.map(Fact::from),
        Kind::UserPolicies => iam_policies::user_policies(session, home_region).await.map(Fact::from),
        Kind::PolicyHolders => iam_policies::policy_holders(session, home_region).await.map(Fact::from),
        Kind::AttachedAwsPolicies => iam_policies::attached_aws_policies(session, home_region).await.map(Fact::from),
        Kind::PolicyDocument => iam_policies::document(session, region, id).await.map(Fact::from),
        Kind::PolicyRoles => iam_policies::roles(session, region, id).await.map(Fact::from),
        Kind::ServerCertificates => iam::server_certificates(session, home_region).await.map(Fact::from),
        Kind::PrimaryContact => account::primary_contact(session, home_region).await.map(Fact::from),
        Kind::SecurityContact => account::security_contact(session, home_region).await.map(Fact::from),
        Kind::Organization => organizations::organization(session, home_region).await.map(Fact::from),
        Kind::Analyzers => access_analyzer::analyzers(session, region).await.map(Fact::from),
        Kind::Instances => ec2::instances(session, region).await.map(Fact::from),
        Kind::Buckets => s3::buckets(session, home_region).await.map(Fact::from),
        Kind::BucketVersioning => s3::versioning(session, account, region, id).await.map(Fact::from),
        Kind::BucketEncryption => s3::encryption(session, account, region, id).await.map(Fact::from),
        Kind::BucketPolicy => s3::policy(session, account, region, id).await.map(Fact::from),
        Kind::BucketPublicAccessBlock => s3::public_access_block(session, account, region, id).await.map(Fact::from),
        Kind::AccountPublicAccessBlock => s3::account_public_access_block(session, account, home_region).await.map(Fact::from),
        Kind::MacieSession => macie::session(session, region).await.map(Fact::from),
        Kind::MacieDiscovery => macie::discovery(session, region).await.map(Fact::from),
        Kind::MacieJobs => macie::jobs(session, region).await.map(Fact::from),
        Kind::DbInstances => rds::instances(session, region).await.map(Fact::from),
        Kind::FileSystems => efs::file_systems(session, region).await.map(Fact::from),
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
        Kind::EbsDefaultEncryption => ec2::ebs_default_encryption(session, region).await.map(Fact::from),
        Kind::NetworkAcls => ec2::network_acls(session, region).await.map(Fact::from),
        Kind::RouteTables => ec2::route_tables(session, region).await.map(Fact::from),
        Kind::PeeringConnections => ec2::peering_connections(session, region).await.map(Fact::from),
    }
}

/// Turns a failure with a code that means "there is no such thing (any more)" into [`Cause::Gone`].
fn gone_when(code: &str) -> impl Fn(Unread) -> Unread {
    move |unread| if unread.code == code { Unread { cause: Cause::Gone, ..unread } } else { unread }
}
