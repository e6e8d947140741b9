//! All facts, each with the operations that produce it. Permissions, collection plans and
//! documentation are derived from this table.

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

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::access_analyzer::{Analyzer, AnalyzerKind, Analyzers};
pub use self::account::{ContactParts, PrimaryContact, SecurityContact, SecurityContactParts};
pub use self::cloudtrail::{
    AdvancedSelector, BasicSelector, FieldSelector, ReadWrite, Trail, TrailBucket, TrailSelectors,
    TrailSettings, TrailStatus, Trails,
};
pub use self::cloudwatch::{
    Alarm, AlarmCondition, AlarmMuteRules, AlarmQuery, Alarms, CompositeAlarm, CompositeAlarms,
    Metric, MuteRules,
};
pub use self::config::{DeliveryChannel, Recorder, Recording};
pub use self::ec2::{
    Destination, EbsDefaultEncryption, EnabledRegions, FlowLog, FlowLogs, Instance, Instances,
    NetworkAcl, NetworkAclEntry, NetworkAcls, PeerVpc, PeeringConnection, PeeringConnections,
    PrefixListEntries, Route, RouteTable, RouteTables, SecurityGroup, SecurityGroupRule,
    SecurityGroups, Vpc, Vpcs,
};
pub use self::efs::{FileSystem, FileSystems};
pub use self::iam::{
    AccessKey, AccountSummary, AttachedAwsPolicies, CredentialReport, CredentialReportError,
    Credentials, Holding, IdentityKind, InlinePolicy, OtherPasswordRules, PasswordPolicy,
    PasswordRules, PolicyDocument, PolicyHolder, PolicyHolders, PolicyRoles, ServerCertificate,
    ServerCertificates, Stamp, User, UserPolicies, UserWithPolicies, Users, VirtualMfaDevice,
    VirtualMfaDevices,
};
pub use self::kms::{KmsKey, KmsKeyMetadata, KmsKeyRotation, KmsKeys};
pub use self::logs::{FilterMetric, MetricFilter, MetricFilters};
pub use self::macie::{MacieDiscovery, MacieJobs, MacieSession, MacieStatus};
pub use self::organizations::Organization;
pub use self::rds::{DbInstance, DbInstances, DbNetwork};
pub use self::s3::{
    AccountPublicAccessBlock, Bucket, BucketAcl, BucketEncryption, BucketLogging, BucketPolicy,
    BucketPolicyStatus, BucketPublicAccessBlock, BucketVersioning, Buckets, PublicAccessBlock,
    PublicGrant, PublicGroup, VersioningStatus,
};
pub use self::securityhub::SecurityHub;
pub use self::sns::{Subscription, SubscriptionAttributes, TopicAttributes, TopicSubscriptions};
use crate::operation::{self, Operation};

/// How often a fact exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Once for each account.
    Account,
    /// Once for each Region.
    Region,
    /// Once for each resource.
    Resource,
}

/// The type of one kind of fact. Only the table in [`crate::facts`] implements it.
pub trait FactType: Serialize + DeserializeOwned + Into<Fact> {
    /// Its kind.
    const KIND: FactKind;

    /// The fact, if it is of this kind.
    fn of(fact: &Fact) -> Option<&Self>;
}

/// A fact about a resource that controls evaluate. Only the table below implements it.
pub trait FactOf: FactType {
    /// The type of the resource.
    type Of;
}

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident: $level:ident $(($of:ident))? =
        [$($read:expr),+ $(,)?];)+) => {
        /// The kinds of facts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum FactKind {
            $($(#[$doc])* $name,)+
        }

        impl FactKind {
            /// All kinds, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// How often the fact exists.
            pub fn granularity(self) -> Granularity {
                match self {
                    $(Self::$name => Granularity::$level,)+
                }
            }

            /// The operations that produce it.
            pub fn reads(self) -> &'static [Operation] {
                match self {
                    $(Self::$name => const { &[$($read),+] },)+
                }
            }
        }

        /// A fact of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Fact {
            $($(#[$doc])* $name($name),)+
        }

        impl Fact {
            /// Its kind.
            pub fn kind(&self) -> FactKind {
                match self {
                    $(Self::$name(_) => FactKind::$name,)+
                }
            }

            /// Serializes it for a snapshot.
            pub fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self {
                    $(Self::$name(fact) => serde_json::value::to_raw_value(fact),)+
                }
            }

            /// Parses a fact of a kind from a snapshot.
            pub fn from_json(kind: FactKind, json: &RawValue) -> Result<Self, serde_json::Error> {
                Ok(match kind {
                    $(FactKind::$name => Self::$name(serde_json::from_str(json.get())?),)+
                })
            }
        }

        $(
            impl From<$name> for Fact {
                fn from(fact: $name) -> Self {
                    Self::$name(fact)
                }
            }

            impl FactType for $name {
                const KIND: FactKind = FactKind::$name;

                fn of(fact: &Fact) -> Option<&Self> {
                    match fact {
                        Fact::$name(fact) => Some(fact),
                        _ => None,
                    }
                }
            }

            $(impl FactOf for $name {
                type Of = $of;
            })?
        )+
    };
}

facts! {
    /// The account's IAM totals, including those of the root user.
    AccountSummary: Account = [operation::iam::GET_ACCOUNT_SUMMARY];
    /// Passwords, access keys and MFA of all IAM users and the root user, up to four hours old.
    CredentialReport: Account = [
        operation::iam::GENERATE_CREDENTIAL_REPORT,
        operation::iam::GET_CREDENTIAL_REPORT,
    ];
    /// The IAM users.
    Users: Account = [operation::iam::LIST_USERS];
    /// Virtual MFA devices that are assigned to users.
    VirtualMfaDevices: Account = [operation::iam::LIST_VIRTUAL_MFA_DEVICES];
    /// The password policy of the account.
    PasswordPolicy: Account = [operation::iam::GET_ACCOUNT_PASSWORD_POLICY];
    /// The IAM users with their inline and attached policies.
    UserPolicies: Account = [operation::iam::GET_ACCOUNT_AUTHORIZATION_DETAILS];
    /// Groups and roles with inline policies, and attached customer managed policies.
    PolicyHolders: Account = [operation::iam::GET_ACCOUNT_AUTHORIZATION_DETAILS];
    /// Attached AWS managed policies.
    AttachedAwsPolicies: Account = [operation::iam::LIST_POLICIES];
    /// The document of a version of an AWS managed policy.
    PolicyDocument: Resource = [operation::iam::GET_POLICY_VERSION];
    /// The roles to which a policy is attached.
    PolicyRoles: Resource = [operation::iam::LIST_ENTITIES_FOR_POLICY];
    /// Server certificates in IAM.
    ServerCertificates: Account = [operation::iam::LIST_SERVER_CERTIFICATES];
    /// The parts of the account's primary contact that are present.
    PrimaryContact: Account = [operation::account::GET_CONTACT_INFORMATION];
    /// The parts of the account's security contact that are present.
    SecurityContact: Account = [operation::account::GET_ALTERNATE_CONTACT];
    /// The organization to which the account belongs.
    Organization: Account = [operation::organizations::DESCRIBE_ORGANIZATION];
    /// A Region's IAM Access Analyzer analyzers.
    Analyzers: Region = [operation::access_analyzer::LIST_ANALYZERS];
    /// The Regions that are enabled in the account.
    EnabledRegions: Account = [operation::ec2::DESCRIBE_REGIONS];
    /// A Region's EC2 instances.
    Instances: Region = [operation::ec2::DESCRIBE_INSTANCES];
    /// The account's buckets in all Regions.
    Buckets: Account = [operation::s3::LIST_BUCKETS, operation::s3::GET_BUCKET_LOCATION];
    /// A bucket's versioning and MFA delete.
    BucketVersioning: Resource(Bucket) = [operation::s3::GET_BUCKET_VERSIONING];
    /// A bucket's default encryption.
    BucketEncryption: Resource(Bucket) = [operation::s3::GET_BUCKET_ENCRYPTION];
    /// A bucket's policy.
    BucketPolicy: Resource(Bucket) = [operation::s3::GET_BUCKET_POLICY];
    /// AWS's own evaluation of whether a bucket's policy is public.
    BucketPolicyStatus: Resource(Bucket) = [operation::s3::GET_BUCKET_POLICY_STATUS];
    /// The public grants of a bucket's ACL.
    BucketAcl: Resource(Bucket) = [operation::s3::GET_BUCKET_ACL];
    /// A bucket's S3 Block Public Access settings.
    BucketPublicAccessBlock: Resource(Bucket) = [operation::s3::GET_PUBLIC_ACCESS_BLOCK];
    /// The account's S3 Block Public Access settings, which apply to all its buckets.
    AccountPublicAccessBlock: Account = [operation::s3control::GET_PUBLIC_ACCESS_BLOCK];
    /// The status of Macie in a Region.
    MacieSession: Region = [operation::macie::GET_MACIE_SESSION];
    /// Whether automated sensitive data discovery is enabled.
    MacieDiscovery: Region = [
        operation::macie::LIST_AUTOMATED_DISCOVERY_ACCOUNTS,
        operation::macie::GET_AUTOMATED_DISCOVERY_CONFIGURATION,
    ];
    /// The sensitive data discovery jobs of Macie.
    MacieJobs: Region = [operation::macie::LIST_CLASSIFICATION_JOBS];
    /// A Region's DB instances.
    DbInstances: Region = [operation::rds::DESCRIBE_DB_INSTANCES];
    /// A Region's file systems.
    FileSystems: Region = [operation::efs::DESCRIBE_FILE_SYSTEMS];
    /// The target bucket of a bucket's server access logs.
    BucketLogging: Resource(Bucket) = [operation::s3::GET_BUCKET_LOGGING];
    /// The trails that record this account: its own trails and organization trails.
    Trails: Account = [operation::cloudtrail::LIST_TRAILS, operation::cloudtrail::DESCRIBE_TRAILS];
    /// A trail's settings, read in its home Region.
    TrailSettings: Resource(Trail) = [operation::cloudtrail::DESCRIBE_TRAILS];
    /// Whether a trail is logging, read in its home Region.
    TrailStatus: Resource(Trail) = [operation::cloudtrail::GET_TRAIL_STATUS];
    /// Which events a trail records, read in its home Region.
    TrailSelectors: Resource(Trail) = [operation::cloudtrail::GET_EVENT_SELECTORS];
    /// AWS Config's recorders in a Region, their status, and their delivery channels.
    Recording: Region = [
        operation::config::DESCRIBE_CONFIGURATION_RECORDERS,
        operation::config::DESCRIBE_CONFIGURATION_RECORDER_STATUS,
        operation::config::DESCRIBE_DELIVERY_CHANNELS,
    ];
    /// A Region's KMS keys.
    KmsKeys: Region = [operation::kms::LIST_KEYS];
    /// The manager, the type and the origin of a KMS key.
    KmsKeyMetadata: Resource(KmsKey) = [operation::kms::DESCRIBE_KEY];
    /// Whether rotation of a KMS key is enabled.
    KmsKeyRotation: Resource(KmsKey) = [operation::kms::GET_KEY_ROTATION_STATUS];
    /// A Region's VPCs, including shared VPCs.
    Vpcs: Region = [operation::ec2::DESCRIBE_VPCS];
    /// A Region's flow logs.
    FlowLogs: Region = [operation::ec2::DESCRIBE_FLOW_LOGS];
    /// The metric filters of a log group.
    MetricFilters: Resource = [operation::logs::DESCRIBE_METRIC_FILTERS];
    /// A Region's alarms on custom metrics.
    Alarms: Region = [operation::cloudwatch::DESCRIBE_ALARMS];
    /// A Region's composite alarms.
    CompositeAlarms: Region = [operation::cloudwatch::DESCRIBE_ALARMS];
    /// A Region's mute rules, which suppress alarm notifications now or at another time.
    MuteRules: Region = [operation::cloudwatch::LIST_ALARM_MUTE_RULES];
    /// The mute rules of an alarm.
    AlarmMuteRules: Resource = [operation::cloudwatch::LIST_ALARM_MUTE_RULES];
    /// The subscriptions of an SNS topic.
    TopicSubscriptions: Resource = [operation::sns::LIST_SUBSCRIPTIONS_BY_TOPIC];
    /// The access policy and the KMS key of an SNS topic.
    TopicAttributes: Resource = [operation::sns::GET_TOPIC_ATTRIBUTES];
    /// The filter policy of a subscription to an SNS topic.
    SubscriptionAttributes: Resource = [operation::sns::GET_SUBSCRIPTION_ATTRIBUTES];
    /// Whether Security Hub is enabled in a Region.
    SecurityHub: Region = [operation::securityhub::DESCRIBE_HUB];
    /// A Region's security groups with their rules.
    SecurityGroups: Region = [operation::ec2::DESCRIBE_SECURITY_GROUPS];
    /// The CIDR blocks of a prefix list.
    PrefixListEntries: Resource = [operation::ec2::GET_MANAGED_PREFIX_LIST_ENTRIES];
    /// Whether EBS encryption by default is enabled in a Region.
    EbsDefaultEncryption: Region = [operation::ec2::GET_EBS_ENCRYPTION_BY_DEFAULT];
    /// A Region's network ACLs with their rules.
    NetworkAcls: Region = [operation::ec2::DESCRIBE_NETWORK_ACLS];
    /// A Region's route tables with their routes.
    RouteTables: Region = [operation::ec2::DESCRIBE_ROUTE_TABLES];
    /// A Region's VPC peering connections with the CIDR blocks of both sides.
    PeeringConnections: Region = [operation::ec2::DESCRIBE_VPC_PEERING_CONNECTIONS];
}
