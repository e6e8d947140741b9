//! The operations of AWS that Plumbline calls, each declared once: its service, its name, and the
//! permission that it takes.
//!
//! Facts name the operations that produce them, collectors send them, and roles, pages and
//! templates follow. Operations that only a deployment calls stand where they are called.

use crate::answer::{Answer, ReadError};

/// One operation of an AWS API, with the IAM permission that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service, whose limits count.
    pub service: Service,
    /// The operation in IAM's notation for services: `s3:ListBuckets`.
    pub name: &'static str,
    /// The IAM action that allows it, which is not always its name: `s3:ListAllMyBuckets`.
    pub action: &'static str,
    /// The narrowest resource on which AWS lets the action be allowed for every account's
    /// resources: `*`, or an ARN in which `{partition}` and `{account}` stand for those of the
    /// account.
    pub resource: &'static str,
}

impl Operation {
    /// An operation whose IAM action has the same name.
    pub const fn new(service: Service, name: &'static str, resource: &'static str) -> Self {
        Self { service, name, action: name, resource }
    }

    /// The same operation, which IAM knows by another name.
    #[must_use]
    pub const fn allowed_by(self, action: &'static str) -> Self {
        Self { action, ..self }
    }

    /// The error of an invalid response, with what is wrong with it.
    pub fn malformed(self, what: impl Into<String>) -> ReadError {
        ReadError::malformed(self.name, what)
    }

    /// A member that the response must have, by name.
    ///
    /// # Errors
    /// An invalid response when it is absent.
    pub fn require<T>(self, value: Option<T>, what: &str) -> Answer<T> {
        value.ok_or_else(|| self.malformed(format!("the answer lacks {what}")))
    }

    /// A text that the response must have, by name. The SDK fills absent members that the model
    /// calls required with empty texts.
    ///
    /// # Errors
    /// An invalid response when it is absent or empty.
    pub fn require_text(self, value: Option<String>, what: &str) -> Answer<String> {
        self.require(value.filter(|text| !text.is_empty()), what)
    }
}

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $module:ident: $service:ident, $prefix:literal {
        $($constant:ident: $name:literal $(allowed_by $action:literal)?, $resource:expr;)*
    })+) => {
        /// An AWS service that Plumbline calls.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Service {
            $($(#[doc = $doc])+ $service,)+
        }

        impl Service {
            /// What the names of its operations begin with: mostly the prefix of its IAM actions.
            pub const fn prefix(self) -> &'static str {
                match self {
                    $(Self::$service => $prefix,)+
                }
            }
        }

        $(
            $(#[doc = $doc])+
            pub mod $module {
                #[allow(unused_imports, reason = "not every service's resources have a name")]
                use super::*;

                $(
                    #[doc = concat!("`", $name, "`")]
                    pub const $constant: Operation =
                        Operation::new(Service::$service, $name, $resource)
                            $(.allowed_by($action))?;
                )*
            }
        )+

        /// All operations, by service and name.
        pub const ALL: &[Operation] = &[$($($module::$constant,)*)+];
    };
}

const HUB: &str = "arn:{partition}:securityhub:*:{account}:hub/default";
const TRAIL: &str = "arn:{partition}:cloudtrail:*:*:trail/*";
const KMS_KEY: &str = "arn:{partition}:kms:*:{account}:key/*";
const BUCKET: &str = "arn:{partition}:s3:::*";
/// The rules of conformance packs, which belong to a service-linked role.
const PACK_RULE: &str = "arn:{partition}:config:*:{account}:config-rule/aws-service-rule/\
    config-conforms.amazonaws.com/*";
const ACCOUNT: &str = "arn:{partition}:account::{account}:account";
const AWS_POLICY: &str = "arn:{partition}:iam::aws:policy/*";
const SUPPORT_POLICY: &str = "arn:{partition}:iam::aws:policy/AWSSupportAccess";

operations! {
    /// IAM Access Analyzer.
    access_analyzer: AccessAnalyzer, "access-analyzer" {
        LIST_ANALYZERS: "access-analyzer:ListAnalyzers", "*";
    }
    /// AWS Account Management.
    account: Account, "account" {
        GET_ACCOUNT_INFORMATION: "account:GetAccountInformation", ACCOUNT;
        GET_ALTERNATE_CONTACT: "account:GetAlternateContact", ACCOUNT;
        GET_CONTACT_INFORMATION: "account:GetContactInformation", ACCOUNT;
    }
    /// AWS CloudFormation. Only a deployment calls it.
    cloudformation: CloudFormation, "cloudformation" {}
    /// AWS Lambda. Only a deployment calls it.
    lambda: Lambda, "lambda" {}
    /// AWS CloudTrail.
    cloudtrail: CloudTrail, "cloudtrail" {
        DESCRIBE_TRAILS: "cloudtrail:DescribeTrails", "*";
        GET_EVENT_SELECTORS: "cloudtrail:GetEventSelectors", TRAIL;
        GET_TRAIL_STATUS: "cloudtrail:GetTrailStatus", TRAIL;
        LIST_TRAILS: "cloudtrail:ListTrails", "*";
    }
    /// Amazon CloudWatch.
    cloudwatch: CloudWatch, "cloudwatch" {
        DESCRIBE_ALARMS: "cloudwatch:DescribeAlarms",
            "arn:{partition}:cloudwatch:*:{account}:alarm:*";
        LIST_ALARM_MUTE_RULES: "cloudwatch:ListAlarmMuteRules", "*";
    }
    /// AWS Config.
    config: Config, "config" {
        DESCRIBE_AGGREGATE_COMPLIANCE_BY_CONFIG_RULES:
            "config:DescribeAggregateComplianceByConfigRules",
            "*";
        DESCRIBE_CONFIG_RULE_EVALUATION_STATUS: "config:DescribeConfigRuleEvaluationStatus", "*";
        DESCRIBE_CONFIG_RULES: "config:DescribeConfigRules", "*";
        DESCRIBE_CONFIGURATION_AGGREGATOR_SOURCES_STATUS:
            "config:DescribeConfigurationAggregatorSourcesStatus",
            "*";
        DESCRIBE_CONFIGURATION_AGGREGATORS: "config:DescribeConfigurationAggregators", "*";
        DESCRIBE_CONFIGURATION_RECORDER_STATUS: "config:DescribeConfigurationRecorderStatus", "*";
        DESCRIBE_CONFIGURATION_RECORDERS: "config:DescribeConfigurationRecorders", "*";
        DESCRIBE_DELIVERY_CHANNELS: "config:DescribeDeliveryChannels", "*";
        GET_AGGREGATE_DISCOVERED_RESOURCE_COUNTS: "config:GetAggregateDiscoveredResourceCounts",
            "*";
        GET_COMPLIANCE_DETAILS_BY_CONFIG_RULE: "config:GetComplianceDetailsByConfigRule",
            "arn:{partition}:config:*:{account}:config-rule/*";
        GET_RESOURCE_CONFIG_HISTORY: "config:GetResourceConfigHistory", "*";
        PUT_EVALUATIONS: "config:PutEvaluations", "*";
        START_CONFIG_RULES_EVALUATION: "config:StartConfigRulesEvaluation", PACK_RULE;
    }
    /// Amazon EC2.
    ec2: Ec2, "ec2" {
        DESCRIBE_FLOW_LOGS: "ec2:DescribeFlowLogs", "*";
        DESCRIBE_INSTANCES: "ec2:DescribeInstances", "*";
        DESCRIBE_NETWORK_ACLS: "ec2:DescribeNetworkAcls", "*";
        DESCRIBE_REGIONS: "ec2:DescribeRegions", "*";
        DESCRIBE_ROUTE_TABLES: "ec2:DescribeRouteTables", "*";
        DESCRIBE_SECURITY_GROUPS: "ec2:DescribeSecurityGroups", "*";
        DESCRIBE_VPC_PEERING_CONNECTIONS: "ec2:DescribeVpcPeeringConnections", "*";
        DESCRIBE_VPCS: "ec2:DescribeVpcs", "*";
        GET_EBS_ENCRYPTION_BY_DEFAULT: "ec2:GetEbsEncryptionByDefault", "*";
        GET_MANAGED_PREFIX_LIST_ENTRIES: "ec2:GetManagedPrefixListEntries",
            "arn:{partition}:ec2:*:*:prefix-list/*";
    }
    /// Amazon EFS.
    efs: Efs, "elasticfilesystem" {
        DESCRIBE_FILE_SYSTEMS: "elasticfilesystem:DescribeFileSystems",
            "arn:{partition}:elasticfilesystem:*:{account}:file-system/*";
    }
    /// IAM.
    iam: Iam, "iam" {
        GENERATE_CREDENTIAL_REPORT: "iam:GenerateCredentialReport", "*";
        GET_ACCOUNT_AUTHORIZATION_DETAILS: "iam:GetAccountAuthorizationDetails", "*";
        GET_ACCOUNT_PASSWORD_POLICY: "iam:GetAccountPasswordPolicy", "*";
        GET_ACCOUNT_SUMMARY: "iam:GetAccountSummary", "*";
        GET_CREDENTIAL_REPORT: "iam:GetCredentialReport", "*";
        GET_POLICY_VERSION: "iam:GetPolicyVersion", AWS_POLICY;
        LIST_ACCOUNT_ALIASES: "iam:ListAccountAliases", "*";
        LIST_ENTITIES_FOR_POLICY: "iam:ListEntitiesForPolicy", SUPPORT_POLICY;
        LIST_POLICIES: "iam:ListPolicies", "*";
        LIST_SERVER_CERTIFICATES: "iam:ListServerCertificates", "*";
        LIST_USERS: "iam:ListUsers", "*";
        LIST_VIRTUAL_MFA_DEVICES: "iam:ListVirtualMFADevices", "*";
    }
    /// AWS KMS.
    kms: Kms, "kms" {
        DESCRIBE_KEY: "kms:DescribeKey", KMS_KEY;
        GET_KEY_ROTATION_STATUS: "kms:GetKeyRotationStatus", KMS_KEY;
        LIST_KEYS: "kms:ListKeys", "*";
    }
    /// Amazon CloudWatch Logs.
    logs: Logs, "logs" {
        DESCRIBE_METRIC_FILTERS: "logs:DescribeMetricFilters",
            "arn:{partition}:logs:*:{account}:log-group:*";
    }
    /// Amazon Macie.
    macie: Macie, "macie2" {
        GET_AUTOMATED_DISCOVERY_CONFIGURATION: "macie2:GetAutomatedDiscoveryConfiguration", "*";
        GET_MACIE_SESSION: "macie2:GetMacieSession", "*";
        LIST_AUTOMATED_DISCOVERY_ACCOUNTS: "macie2:ListAutomatedDiscoveryAccounts", "*";
        LIST_CLASSIFICATION_JOBS: "macie2:ListClassificationJobs", "*";
    }
    /// AWS Organizations.
    organizations: Organizations, "organizations" {
        DESCRIBE_ORGANIZATION: "organizations:DescribeOrganization", "*";
        LIST_ACCOUNTS: "organizations:ListAccounts", "*";
        LIST_ACCOUNTS_FOR_PARENT: "organizations:ListAccountsForParent", "*";
        LIST_ORGANIZATIONAL_UNITS_FOR_PARENT: "organizations:ListOrganizationalUnitsForParent",
            "*";
    }
    /// Amazon RDS.
    rds: Rds, "rds" {
        DESCRIBE_DB_INSTANCES: "rds:DescribeDBInstances", "arn:{partition}:rds:*:{account}:db:*";
    }
    /// Amazon S3.
    s3: S3, "s3" {
        GET_BUCKET_ACL: "s3:GetBucketAcl", BUCKET;
        GET_BUCKET_ENCRYPTION:
            "s3:GetBucketEncryption" allowed_by "s3:GetEncryptionConfiguration",
            BUCKET;
        GET_BUCKET_LOCATION: "s3:GetBucketLocation", BUCKET;
        GET_BUCKET_LOGGING: "s3:GetBucketLogging", BUCKET;
        GET_BUCKET_POLICY: "s3:GetBucketPolicy", BUCKET;
        GET_BUCKET_POLICY_STATUS: "s3:GetBucketPolicyStatus", BUCKET;
        GET_BUCKET_VERSIONING: "s3:GetBucketVersioning", BUCKET;
        GET_OBJECT: "s3:GetObject", "*";
        GET_OBJECT_VERSION: "s3:GetObjectVersion", "*";
        GET_PUBLIC_ACCESS_BLOCK:
            "s3:GetPublicAccessBlock" allowed_by "s3:GetBucketPublicAccessBlock",
            BUCKET;
        LIST_BUCKETS:
            "s3:ListBuckets" allowed_by "s3:ListAllMyBuckets", "*";
        LIST_OBJECT_VERSIONS:
            "s3:ListObjectVersions" allowed_by "s3:ListBucketVersions", BUCKET;
        PUT_OBJECT: "s3:PutObject", "*";
    }
    /// The control plane of Amazon S3.
    s3control: S3Control, "s3control" {
        GET_PUBLIC_ACCESS_BLOCK:
            "s3control:GetPublicAccessBlock" allowed_by "s3:GetAccountPublicAccessBlock",
            "*";
    }
    /// AWS Security Hub.
    securityhub: SecurityHub, "securityhub" {
        BATCH_IMPORT_FINDINGS: "securityhub:BatchImportFindings",
            "arn:{partition}:securityhub:*:{account}:product/{account}/default";
        DESCRIBE_HUB: "securityhub:DescribeHub", HUB;
        GET_FINDINGS: "securityhub:GetFindings", HUB;
    }
    /// Amazon SNS.
    sns: Sns, "sns" {
        GET_SUBSCRIPTION_ATTRIBUTES: "sns:GetSubscriptionAttributes", "*";
        GET_TOPIC_ATTRIBUTES: "sns:GetTopicAttributes", "arn:{partition}:sns:*:*:*";
        LIST_SUBSCRIPTIONS_BY_TOPIC: "sns:ListSubscriptionsByTopic", "arn:{partition}:sns:*:*:*";
    }
    /// AWS STS.
    sts: Sts, "sts" {
        ASSUME_ROLE: "sts:AssumeRole", "*";
        ASSUME_ROLE_WITH_WEB_IDENTITY: "sts:AssumeRoleWithWebIdentity", "*";
        GET_CALLER_IDENTITY: "sts:GetCallerIdentity", "*";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATION: Operation = Operation::new(Service::Iam, "iam:ListThings", "*");

    #[test]
    fn the_table_is_sorted_and_names_begin_with_their_service() {
        assert!(ALL.is_sorted_by_key(|operation| (operation.service, operation.name)));
        for Operation { service, name, action, .. } in ALL {
            let (prefix, operation) = name.split_once(':').expect("a service and an operation");
            assert_eq!(prefix, service.prefix(), "{name}");
            assert!(!operation.is_empty() && action.contains(':'), "{name}");
        }
    }

    #[test]
    fn empty_is_absent() {
        assert_eq!(OPERATION.require_text(Some("x".into()), "a name"), Ok("x".to_owned()));
        assert_eq!(
            OPERATION.require_text(Some(String::new()), "a name"),
            Err(OPERATION.malformed("the answer lacks a name"))
        );
    }
}
