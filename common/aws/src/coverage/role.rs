//! Whether the member role can still read what the controls need.
//!
//! An administrator of a member account can restrict the role without changing a property that the
//! drift detection of AWS CloudFormation compares: by a permissions boundary, or by an inline
//! policy that denies. The functions then assess nothing, and their rules still are evaluated.

use std::pin::Pin;

use plumbline_core::answer::{Answer, Cause, ReadError};
use plumbline_core::operation::{cloudtrail, cloudwatch, ec2, iam, kms, logs, rds, s3};

use crate::session::Session;

/// How AWS names the kind of policy of an organization that denies a call:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.
const OF_ORGANIZATION: &str = "service control policy";

/// Calls one read operation of each service that most controls need.
///
/// # Errors
/// Access is denied to one of them, and not by a policy of the organization: that is a decision of
/// the organization and no change of the role.
pub(super) async fn can_read(session: &Session, region: &str) -> Answer<()> {
    let iam = session.iam(region).get_account_summary();
    let buckets = session.s3(region).list_buckets().max_buckets(1);
    let trails = session.cloudtrail(region).describe_trails();
    let filters = session.logs(region).describe_metric_filters().limit(1);
    let alarms = session.cloudwatch(region).describe_alarms().max_records(1);
    let keys = session.kms(region).list_keys().limit(1);
    let networks = session.ec2(region).describe_vpcs().max_results(5);
    let databases = session.rds(region).describe_db_instances().max_records(20);
    let calls: [Check<'_>; 8] = [
        Box::pin(denied(session.send(iam::GET_ACCOUNT_SUMMARY, iam.send()))),
        Box::pin(denied(session.send(s3::LIST_BUCKETS, buckets.send()))),
        Box::pin(denied(session.send(cloudtrail::DESCRIBE_TRAILS, trails.send()))),
        Box::pin(denied(session.send(logs::DESCRIBE_METRIC_FILTERS, filters.send()))),
        Box::pin(denied(session.send(cloudwatch::DESCRIBE_ALARMS, alarms.send()))),
        Box::pin(denied(session.send(kms::LIST_KEYS, keys.send()))),
        Box::pin(denied(session.send(ec2::DESCRIBE_VPCS, networks.send()))),
        Box::pin(denied(session.send(rds::DESCRIBE_DB_INSTANCES, databases.send()))),
    ];
    for call in calls {
        if let Some(error) = call.await {
            return Err(error);
        }
    }
    Ok(())
}

/// A call that returns an error if access is denied. It is on the heap, because the futures of the
/// SDKs are large.
type Check<'a> = Pin<Box<dyn Future<Output = Option<ReadError>> + Send + 'a>>;

/// The error of a call to which access is denied by a policy of the account.
async fn denied<T>(call: impl Future<Output = Answer<T>>) -> Option<ReadError> {
    let error = call.await.err()?;
    let is_own = error.cause == Cause::Denied && !error.message.contains(OF_ORGANIZATION);
    is_own.then_some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn policies_of_the_account_count() {
        let error = |cause, message: &str| ReadError {
            message: message.to_owned(),
            ..ReadError::new("iam:GetAccountSummary", cause, "AccessDenied")
        };
        let found = async |error| denied(async { Err::<(), _>(error) }).await.is_some();
        let boundary = "because no permissions boundary allows the iam:GetAccountSummary action";
        assert!(found(error(Cause::Denied, boundary)).await);
        assert!(found(error(Cause::Denied, "")).await);
        let organization = "with an explicit deny in a service control policy";
        assert!(!found(error(Cause::Denied, organization)).await);
        assert!(!found(error(Cause::Throttled, "")).await, "another check of the day reads again");
    }
}
