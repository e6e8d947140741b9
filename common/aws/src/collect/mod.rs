//! Collectors: one function reads each fact. One file for each service.
//!
//! "Never a false pass" starts here: if a response lacks required data, the result is
//! [`Cause::Malformed`](plumbline_core::answer::Cause), never a default.

mod access_analyzer;
mod account;
mod cloudtrail;
mod cloudwatch;
mod config;
mod ec2;
mod efs;
mod iam;
mod kms;
mod logs;
mod macie;
mod organizations;
mod rds;
mod s3;
mod securityhub;
mod sns;

use std::pin::Pin;

use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::aws::AccountId;
use plumbline_core::fact::Key;
use plumbline_core::facts::{Fact, FactKind};

use crate::session::Session;

/// The account to read.
#[derive(Clone, Debug)]
pub(crate) struct ReadTarget {
    pub(crate) session: Session,
    pub(crate) account: AccountId,
    /// The Region in which global services are called.
    pub(crate) home_region: String,
}

/// A fact that is being read.
type FactFuture<'a> = Pin<Box<dyn Future<Output = Answer<Fact>> + Send + 'a>>;

/// Boxes the future of a collector. The future is created here, because the futures of all
/// collectors together would not fit on the stack of a thread.
fn boxed<'a, T: Into<Fact>, F: Future<Output = Answer<T>> + Send + 'a>(
    call: impl FnOnce() -> F,
) -> FactFuture<'a> {
    let answer = call();
    Box::pin(async move { answer.await.map(Into::into) })
}

/// Reads one fact.
pub(crate) fn fact<'a>(target: &'a ReadTarget, key: &'a Key) -> FactFuture<'a> {
    let ReadTarget { session, account, home_region } = target;
    let Key { kind, region, id } = key;
    match kind {
        FactKind::AccountSummary => boxed(|| iam::account::account_summary(session, home_region)),
        FactKind::CredentialReport => {
            boxed(|| iam::account::credential_report(session, home_region))
        }
        FactKind::Users => boxed(|| iam::account::users(session, home_region)),
        FactKind::VirtualMfaDevices => {
            boxed(|| iam::account::virtual_mfa_devices(session, home_region))
        }
        FactKind::PasswordPolicy => boxed(|| iam::account::password_policy(session, home_region)),
        FactKind::UserPolicies => boxed(|| iam::policies::user_policies(session, home_region)),
        FactKind::PolicyHolders => boxed(|| iam::policies::policy_holders(session, home_region)),
        FactKind::AttachedAwsPolicies => {
            boxed(|| iam::policies::attached_aws_policies(session, home_region))
        }
        FactKind::PolicyDocument => boxed(|| iam::policies::document(session, region, id)),
        FactKind::PolicyRoles => boxed(|| iam::policies::roles(session, region, id)),
        FactKind::ServerCertificates => {
            boxed(|| iam::account::server_certificates(session, home_region))
        }
        FactKind::PrimaryContact => boxed(|| account::primary_contact(session, home_region)),
        FactKind::SecurityContact => boxed(|| account::security_contact(session, home_region)),
        FactKind::Organization => boxed(|| organizations::organization(session, home_region)),
        FactKind::Analyzers => boxed(|| access_analyzer::analyzers(session, region)),
        FactKind::EnabledRegions => boxed(|| ec2::enabled_regions(session, home_region)),
        FactKind::Instances => boxed(|| ec2::instances::instances(session, region)),
        FactKind::Buckets => boxed(|| s3::buckets(session, account, home_region)),
        FactKind::BucketVersioning => boxed(|| s3::versioning(session, account, region, id)),
        FactKind::BucketEncryption => boxed(|| s3::encryption(session, account, region, id)),
        FactKind::BucketPolicy => boxed(|| s3::policy(session, account, region, id)),
        FactKind::BucketPolicyStatus => boxed(|| s3::policy_status(session, account, region, id)),
        FactKind::BucketAcl => boxed(|| s3::acl(session, account, region, id)),
        FactKind::BucketPublicAccessBlock => {
            boxed(|| s3::public_access_block(session, account, region, id))
        }
        FactKind::AccountPublicAccessBlock => {
            boxed(|| s3::account_public_access_block(session, account, home_region))
        }
        FactKind::MacieSession => boxed(|| macie::session(session, region)),
        FactKind::MacieDiscovery => boxed(|| macie::discovery(session, account, region)),
        FactKind::MacieJobs => boxed(|| macie::jobs(session, region)),
        FactKind::DbInstances => boxed(|| rds::instances(session, region)),
        FactKind::FileSystems => boxed(|| efs::file_systems(session, region)),
        FactKind::BucketLogging => boxed(|| s3::logging(session, account, region, id)),
        FactKind::Trails => boxed(|| cloudtrail::trails(session, home_region)),
        FactKind::TrailSettings => boxed(|| cloudtrail::settings(session, region, id)),
        FactKind::TrailStatus => boxed(|| cloudtrail::status(session, region, id)),
        FactKind::TrailSelectors => boxed(|| cloudtrail::selectors(session, region, id)),
        FactKind::Recording => boxed(|| config::recording(session, region)),
        FactKind::KmsKeys => boxed(|| kms::keys(session, region)),
        FactKind::KmsKeyMetadata => boxed(|| kms::metadata(session, region, id)),
        FactKind::KmsKeyRotation => boxed(|| kms::rotation(session, region, id)),
        FactKind::Vpcs => boxed(|| ec2::vpcs::vpcs(session, region)),
        FactKind::FlowLogs => boxed(|| ec2::vpcs::flow_logs(session, region)),
        FactKind::MetricFilters => boxed(|| logs::metric_filters(session, region, id)),
        FactKind::Alarms => boxed(|| cloudwatch::alarms(session, account, region)),
        FactKind::CompositeAlarms => boxed(|| cloudwatch::composite_alarms(session, region)),
        FactKind::MuteRules => boxed(|| cloudwatch::mute_rules(session, region)),
        FactKind::AlarmMuteRules => boxed(|| cloudwatch::alarm_mute_rules(session, region, id)),
        FactKind::TopicSubscriptions => boxed(|| sns::subscriptions(session, region, id)),
        FactKind::TopicAttributes => boxed(|| sns::topic_attributes(session, region, id)),
        FactKind::SubscriptionAttributes => {
            boxed(|| sns::subscription_attributes(session, region, id))
        }
        FactKind::SecurityHub => boxed(|| securityhub::hub(session, region)),
        FactKind::SecurityGroups => {
            boxed(|| ec2::security_groups::security_groups(session, region))
        }
        FactKind::PrefixListEntries => {
            boxed(|| ec2::security_groups::prefix_list_entries(session, region, id))
        }
        FactKind::EbsDefaultEncryption => {
            boxed(|| ec2::instances::ebs_default_encryption(session, region))
        }
        FactKind::NetworkAcls => boxed(|| ec2::network_acls::network_acls(session, region)),
        FactKind::RouteTables => boxed(|| ec2::route_tables::route_tables(session, region)),
        FactKind::PeeringConnections => boxed(|| ec2::vpcs::peering_connections(session, region)),
    }
}

/// Turns a failure with the code of a resource that does not exist (or no longer exists) into
/// [`Cause::NotFound`].
fn not_found_when(code: &str) -> impl Fn(ReadError) -> ReadError {
    move |unread| {
        if unread.code == code { ReadError { cause: Cause::NotFound, ..unread } } else { unread }
    }
}
