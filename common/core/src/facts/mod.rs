//! Every fact there is, each with the reads that produce it. Permissions, collection plans and
//! documentation follow from this table.

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
    /// Once an account.
    Account,
    /// Once a Region.
    Region,
    /// Once a resource.
    Resource,
}

/// The type of one kind of fact. Implemented by the table in [`crate::facts`] only.
pub trait FactType: Serialize + DeserializeOwned + Into<Fact> {
    /// Its kind.
    const KIND: FactKind;

    /// The fact inside, when it is of this kind.
    fn of(fact: &Fact) -> Option<&Self>;
}

/// A fact about a resource that controls evaluate. Implemented by the table below only.
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

            /// Its form in a snapshot.
            pub fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self {
                    $(Self::$name(fact) => serde_json::value::to_raw_value(fact),)+
                }
            }

            /// Reads a fact of a kind from its form in a snapshot.
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
    /// The account's IAM totals, among them those of the root user.
    AccountSummary: Account = [operation::iam::GET_ACCOUNT_SUMMARY];
    /// Passwords, keys and MFA of every IAM user and of root, up to four hours old.
    CredentialReport: Account = [
        operation::iam::GENERATE_CREDENTIAL_REPORT,
        operation::iam::GET_CREDENTIAL_REPORT,
    ];
    /// The IAM users.
    Users: Account = [operation::iam::LIST_USERS];
    /// MFA apps and other virtual devices that are assigned to somebody.
    VirtualMfaDevices: Account = [operation::iam::LIST_VIRTUAL_MFA_DEVICES];
    /// The rules for passwords of IAM users.
    PasswordPolicy: Account = [operation::iam::GET_ACCOUNT_PASSWORD_POLICY];
    /// The IAM users with their inline and attached policies.
    UserPolicies: Account = [operation::iam::GET_ACCOUNT_AUTHORIZATION_DETAILS];
    /// Groups and roles with inline policies, and attached customer-managed policies.
    PolicyHolders: Account = [operation::iam::GET_ACCOUNT_AUTHORIZATION_DETAILS];
    /// AWS-managed policies that are attached to somebody.
    AttachedAwsPolicies: Account = [operation::iam::LIST_POLICIES];
    /// The text of a version of an AWS-managed policy.
    PolicyDocument: Resource = [operation::iam::GET_POLICY_VERSION];
    /// The roles to which a policy is attached.
    PolicyRoles: Resource = [operation::iam::LIST_ENTITIES_FOR_POLICY];
    /// Certificates that are kept in IAM.
    ServerCertificates: Account = [operation::iam::LIST_SERVER_CERTIFICATES];
    /// Which parts of the account's contact are filled in.
    PrimaryContact: Account = [operation::account::GET_CONTACT_INFORMATION];
    /// Which parts of the account's contact for security are filled in.
    SecurityContact: Account = [operation::account::GET_ALTERNATE_CONTACT];
    /// The organization to which the account belongs.
    Organization: Account = [operation::organizations::DESCRIBE_ORGANIZATION];
    /// A Region's analyzers of IAM Access Analyzer.
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
    /// AWS's own verdict on whether a bucket's policy is public.
    BucketPolicyStatus: Resource(Bucket) = [operation::s3::GET_BUCKET_POLICY_STATUS];
    /// What a bucket's ACL grants to everyone.
    BucketAcl: Resource(Bucket) = [operation::s3::GET_BUCKET_ACL];
    /// A bucket's own block of public access.
    BucketPublicAccessBlock: Resource(Bucket) = [operation::s3::GET_PUBLIC_ACCESS_BLOCK];
    /// The account's block of public access, which holds for all its buckets.
    AccountPublicAccessBlock: Account = [operation::s3control::GET_PUBLIC_ACCESS_BLOCK];
    /// Whether Macie is at work in a Region.
    MacieSession: Region = [operation::macie::GET_MACIE_SESSION];
    /// Whether Macie looks for sensitive data on its own.
    MacieDiscovery: Region = [
        operation::macie::LIST_AUTOMATED_DISCOVERY_ACCOUNTS,
        operation::macie::GET_AUTOMATED_DISCOVERY_CONFIGURATION,
    ];
    /// The jobs of Macie that look for sensitive data.
    MacieJobs: Region = [operation::macie::LIST_CLASSIFICATION_JOBS];
    /// A Region's database instances.
    DbInstances: Region = [operation::rds::DESCRIBE_DB_INSTANCES];
    /// A Region's file systems.
    FileSystems: Region = [operation::efs::DESCRIBE_FILE_SYSTEMS];
    /// Where a bucket's server access log goes.
    BucketLogging: Resource(Bucket) = [operation::s3::GET_BUCKET_LOGGING];
    /// The trails that record this account, own ones and those of its organization.
    Trails: Account = [operation::cloudtrail::LIST_TRAILS, operation::cloudtrail::DESCRIBE_TRAILS];
    /// A trail's settings, read in its home Region.
    TrailSettings: Resource(Trail) = [operation::cloudtrail::DESCRIBE_TRAILS];
    /// Whether a trail is logging, read in its home Region.
    TrailStatus: Resource(Trail) = [operation::cloudtrail::GET_TRAIL_STATUS];
    /// Which events a trail records, read in its home Region.
    TrailSelectors: Resource(Trail) = [operation::cloudtrail::GET_EVENT_SELECTORS];
    /// AWS Config's recorders in a Region, whether they work, and where they deliver.
    Recording: Region = [
        operation::config::DESCRIBE_CONFIGURATION_RECORDERS,
        operation::config::DESCRIBE_CONFIGURATION_RECORDER_STATUS,
        operation::config::DESCRIBE_DELIVERY_CHANNELS,
    ];
    /// A Region's KMS keys.
    KmsKeys: Region = [operation::kms::LIST_KEYS];
    /// Who manages a KMS key, what it is for and where its material comes from.
    KmsKeyMetadata: Resource(KmsKey) = [operation::kms::DESCRIBE_KEY];
    /// Whether a KMS key is rotated.
    KmsKeyRotation: Resource(KmsKey) = [operation::kms::GET_KEY_ROTATION_STATUS];
    /// A Region's VPCs, own ones and shared ones.
    Vpcs: Region = [operation::ec2::DESCRIBE_VPCS];
    /// A Region's flow logs.
    FlowLogs: Region = [operation::ec2::DESCRIBE_FLOW_LOGS];
    /// The metric filters of a log group.
    MetricFilters: Resource = [operation::logs::DESCRIBE_METRIC_FILTERS];
    /// A Region's alarms on metrics that are not AWS's own.
    Alarms: Region = [operation::cloudwatch::DESCRIBE_ALARMS];
    /// A Region's composite alarms.
    CompositeAlarms: Region = [operation::cloudwatch::DESCRIBE_ALARMS];
    /// A Region's mute rules that keep alarms from notifying, now or at another time.
    MuteRules: Region = [operation::cloudwatch::LIST_ALARM_MUTE_RULES];
    /// The mute rules of an alarm.
    AlarmMuteRules: Resource = [operation::cloudwatch::LIST_ALARM_MUTE_RULES];
    /// The subscriptions of an SNS topic.
    TopicSubscriptions: Resource = [operation::sns::LIST_SUBSCRIPTIONS_BY_TOPIC];
    /// The policy and the key of an SNS topic.
    TopicAttributes: Resource = [operation::sns::GET_TOPIC_ATTRIBUTES];
    /// The filter policy of a subscription to an SNS topic.
    SubscriptionAttributes: Resource = [operation::sns::GET_SUBSCRIPTION_ATTRIBUTES];
    /// Whether Security Hub is enabled in a Region.
    SecurityHub: Region = [operation::securityhub::DESCRIBE_HUB];
    /// A Region's security groups with their rules.
    SecurityGroups: Region = [operation::ec2::DESCRIBE_SECURITY_GROUPS];
    /// The blocks of a prefix list.
    PrefixListEntries: Resource = [operation::ec2::GET_MANAGED_PREFIX_LIST_ENTRIES];
    /// Whether new volumes of a Region are encrypted unless told otherwise.
    EbsDefaultEncryption: Region = [operation::ec2::GET_EBS_ENCRYPTION_BY_DEFAULT];
    /// A Region's network ACLs with their entries.
    NetworkAcls: Region = [operation::ec2::DESCRIBE_NETWORK_ACLS];
    /// A Region's route tables with their routes.
    RouteTables: Region = [operation::ec2::DESCRIBE_ROUTE_TABLES];
    /// A Region's peering connections with the blocks of both sides.
    PeeringConnections: Region = [operation::ec2::DESCRIBE_VPC_PEERING_CONNECTIONS];
}
