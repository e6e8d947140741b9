//! Lists the reads that the AWS managed policy `SecurityAudit` allows.
//! `tests/tests/suite/permissions.rs` compares the lists with the policy.

use plumbline_core::operation::{self, Operation};

/// The reads of controls that the policy does not allow.
pub(crate) const BEYOND_SECURITY_AUDIT: &[Operation] = &[
    operation::account::GET_CONTACT_INFORMATION,
    operation::cloudwatch::LIST_ALARM_MUTE_RULES,
    operation::macie::GET_AUTOMATED_DISCOVERY_CONFIGURATION,
    operation::macie::GET_MACIE_SESSION,
    operation::macie::LIST_AUTOMATED_DISCOVERY_ACCOUNTS,
    operation::macie::LIST_CLASSIFICATION_JOBS,
];

/// The reads of controls that the policy allows.
pub(crate) const WITHIN_SECURITY_AUDIT: &[Operation] = &[
    operation::access_analyzer::LIST_ANALYZERS,
    operation::account::GET_ALTERNATE_CONTACT,
    operation::cloudtrail::DESCRIBE_TRAILS,
    operation::cloudtrail::GET_EVENT_SELECTORS,
    operation::cloudtrail::GET_TRAIL_STATUS,
    operation::cloudtrail::LIST_TRAILS,
    operation::cloudwatch::DESCRIBE_ALARMS,
    operation::config::DESCRIBE_CONFIGURATION_RECORDERS,
    operation::config::DESCRIBE_CONFIGURATION_RECORDER_STATUS,
    operation::config::DESCRIBE_DELIVERY_CHANNELS,
    operation::ec2::DESCRIBE_FLOW_LOGS,
    operation::ec2::DESCRIBE_INSTANCES,
    operation::ec2::DESCRIBE_NETWORK_ACLS,
    operation::ec2::DESCRIBE_REGIONS,
    operation::ec2::DESCRIBE_ROUTE_TABLES,
    operation::ec2::DESCRIBE_SECURITY_GROUPS,
    operation::ec2::DESCRIBE_VPCS,
    operation::ec2::DESCRIBE_VPC_PEERING_CONNECTIONS,
    operation::ec2::GET_EBS_ENCRYPTION_BY_DEFAULT,
    operation::ec2::GET_MANAGED_PREFIX_LIST_ENTRIES,
    operation::efs::DESCRIBE_FILE_SYSTEMS,
    operation::iam::GENERATE_CREDENTIAL_REPORT,
    operation::iam::GET_ACCOUNT_AUTHORIZATION_DETAILS,
    operation::iam::GET_ACCOUNT_PASSWORD_POLICY,
    operation::iam::GET_ACCOUNT_SUMMARY,
    operation::iam::GET_CREDENTIAL_REPORT,
    operation::iam::GET_POLICY_VERSION,
    operation::iam::LIST_ENTITIES_FOR_POLICY,
    operation::iam::LIST_POLICIES,
    operation::iam::LIST_SERVER_CERTIFICATES,
    operation::iam::LIST_USERS,
    operation::iam::LIST_VIRTUAL_MFA_DEVICES,
    operation::kms::DESCRIBE_KEY,
    operation::kms::GET_KEY_ROTATION_STATUS,
    operation::kms::LIST_KEYS,
    operation::logs::DESCRIBE_METRIC_FILTERS,
    operation::organizations::DESCRIBE_ORGANIZATION,
    operation::rds::DESCRIBE_DB_INSTANCES,
    operation::s3::GET_BUCKET_ACL,
    operation::s3::GET_BUCKET_ENCRYPTION,
    operation::s3::GET_BUCKET_LOCATION,
    operation::s3::GET_BUCKET_LOGGING,
    operation::s3::GET_BUCKET_POLICY,
    operation::s3::GET_BUCKET_POLICY_STATUS,
    operation::s3::GET_BUCKET_VERSIONING,
    operation::s3::GET_PUBLIC_ACCESS_BLOCK,
    operation::s3::LIST_BUCKETS,
    operation::s3control::GET_PUBLIC_ACCESS_BLOCK,
    operation::securityhub::DESCRIBE_HUB,
    operation::sns::GET_SUBSCRIPTION_ATTRIBUTES,
    operation::sns::GET_TOPIC_ATTRIBUTES,
    operation::sns::LIST_SUBSCRIPTIONS_BY_TOPIC,
];

#[cfg(test)]
mod tests {
    use plumbline_rules::registry::CONTROLS;

    use super::*;

    #[test]
    fn what_is_listed_is_read_and_listed_once() {
        let read: Vec<Operation> =
            CONTROLS.into_iter().flat_map(|control| control.reads()).collect();
        for (at, operation) in BEYOND_SECURITY_AUDIT.iter().enumerate() {
            assert!(!BEYOND_SECURITY_AUDIT.iter().skip(at + 1).any(|other| other == operation));
            assert!(!WITHIN_SECURITY_AUDIT.contains(operation), "{operation:?} is in both lists");
        }
        for operation in BEYOND_SECURITY_AUDIT.iter().chain(WITHIN_SECURITY_AUDIT) {
            assert!(read.contains(operation), "no control reads {operation:?}: remove it");
        }
    }
}
