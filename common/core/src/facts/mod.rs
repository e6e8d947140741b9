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
pub use self::cloudwatch::{Alarm, AlarmCondition, Alarms, Metric};
pub use self::config::{DeliveryChannel, Recorder, Recording};
pub use self::ec2::{
    Destination, EbsDefaultEncryption, FlowLog, FlowLogs, Instance, Instances, NetworkAcl,
    NetworkAclEntry, NetworkAcls, PeerVpc, PeeringConnection, PeeringConnections,
    PrefixListEntries, Route, RouteTable, RouteTables, SecurityGroup, SecurityGroupRule,
    SecurityGroups, Vpc, Vpcs,
};
pub use self::efs::{FileSystem, FileSystems};
pub use self::iam::{
    AccessKey, AccountSummary, AttachedAwsPolicies, CredentialReport, CredentialReportError,
    Credentials, Holding, IdentityKind, InlinePolicy, PasswordPolicy, PasswordRules,
    PolicyDocument, PolicyHolder, PolicyHolders, PolicyRoles, ServerCertificate,
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
pub use self::sns::{Subscription, TopicSubscriptions};
use crate::operation::Operation;

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

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident: $level:ident = [$($read:expr),+ $(,)?];)+) => {
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
        )+
    };
}

const TRAIL: &str = "arn:{partition}:cloudtrail:*:*:trail/*";
const KMS_KEY: &str = "arn:{partition}:kms:*:{account}:key/*";
const BUCKET: &str = "arn:{partition}:s3:::*";
const ACCOUNT: &str = "arn:{partition}:account::{account}:account";
const AWS_POLICY: &str = "arn:{partition}:iam::aws:policy/*";
const SUPPORT_POLICY: &str = "arn:{partition}:iam::aws:policy/AWSSupportAccess";

facts! {
    /// The account's IAM totals, among them those of the root user.
    AccountSummary: Account = [Operation::new("iam:GetAccountSummary", "*")];
    /// Passwords, keys and MFA of every IAM user and of root, up to four hours old.
    CredentialReport: Account = [Operation::new("iam:GenerateCredentialReport", "*"),
        Operation::new("iam:GetCredentialReport", "*")];
    /// The IAM users.
    Users: Account = [Operation::new("iam:ListUsers", "*")];
    /// MFA apps and other virtual devices that are assigned to somebody.
    VirtualMfaDevices: Account = [Operation::new("iam:ListVirtualMFADevices", "*")];
    /// The rules for passwords of IAM users.
    PasswordPolicy: Account = [Operation::new("iam:GetAccountPasswordPolicy", "*")];
    /// The IAM users with their inline and attached policies.
    UserPolicies: Account = [Operation::new("iam:GetAccountAuthorizationDetails", "*")];
    /// Groups and roles with inline policies, and attached customer-managed policies.
    PolicyHolders: Account = [Operation::new("iam:GetAccountAuthorizationDetails", "*")];
    /// AWS-managed policies that are attached to somebody.
    AttachedAwsPolicies: Account = [Operation::new("iam:ListPolicies", "*")];
    /// The text of a version of an AWS-managed policy.
    PolicyDocument: Resource = [Operation::new("iam:GetPolicyVersion", AWS_POLICY)];
    /// The roles to which a policy is attached.
    PolicyRoles: Resource = [Operation::new("iam:ListEntitiesForPolicy", SUPPORT_POLICY)];
    /// Certificates that are kept in IAM.
    ServerCertificates: Account = [Operation::new("iam:ListServerCertificates", "*")];
    /// Which parts of the account's contact are filled in.
    PrimaryContact: Account = [Operation::new("account:GetContactInformation", ACCOUNT)];
    /// Which parts of the account's contact for security are filled in.
    SecurityContact: Account = [Operation::new("account:GetAlternateContact", ACCOUNT)];
    /// The organization to which the account belongs.
    Organization: Account = [Operation::new("organizations:DescribeOrganization", "*")];
    /// A Region's analyzers of IAM Access Analyzer.
    Analyzers: Region = [Operation::new("access-analyzer:ListAnalyzers", "*")];
    /// A Region's EC2 instances.
    Instances: Region = [Operation::new("ec2:DescribeInstances", "*")];
    /// The account's buckets in all Regions.
    Buckets: Account = [Operation::allowed_by("s3:ListBuckets", "s3:ListAllMyBuckets", "*")];
    /// A bucket's versioning and MFA delete.
    BucketVersioning: Resource = [Operation::new("s3:GetBucketVersioning", BUCKET)];
    /// A bucket's default encryption.
    BucketEncryption: Resource = [Operation::allowed_by("s3:GetBucketEncryption",
        "s3:GetEncryptionConfiguration", BUCKET)];
    /// A bucket's policy.
    BucketPolicy: Resource = [Operation::new("s3:GetBucketPolicy", BUCKET)];
    /// AWS's own verdict on whether a bucket's policy is public.
    BucketPolicyStatus: Resource = [Operation::new("s3:GetBucketPolicyStatus", BUCKET)];
    /// What a bucket's ACL grants to everyone.
    BucketAcl: Resource = [Operation::new("s3:GetBucketAcl", BUCKET)];
    /// A bucket's own block of public access.
    BucketPublicAccessBlock: Resource = [Operation::allowed_by("s3:GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock", BUCKET)];
    /// The account's block of public access, which holds for all its buckets.
    AccountPublicAccessBlock: Account = [Operation::allowed_by("s3control:GetPublicAccessBlock",
        "s3:GetAccountPublicAccessBlock", "*")];
    /// Whether Macie is at work in a Region.
    MacieSession: Region = [Operation::new("macie2:GetMacieSession", "*")];
    /// Whether Macie looks for sensitive data on its own.
    MacieDiscovery: Region = [Operation::new("macie2:GetAutomatedDiscoveryConfiguration", "*")];
    /// The jobs of Macie that look for sensitive data.
    MacieJobs: Region = [Operation::new("macie2:ListClassificationJobs", "*")];
    /// A Region's database instances.
    DbInstances: Region = [Operation::new("rds:DescribeDBInstances",
        "arn:{partition}:rds:*:{account}:db:*")];
    /// A Region's file systems.
    FileSystems: Region = [Operation::new("elasticfilesystem:DescribeFileSystems",
        "arn:{partition}:elasticfilesystem:*:{account}:file-system/*")];
    /// Where a bucket's server access log goes.
    BucketLogging: Resource = [Operation::new("s3:GetBucketLogging", BUCKET)];
    /// The trails that record this account, own ones and those of its organization.
    Trails: Account = [Operation::new("cloudtrail:ListTrails", "*"),
        Operation::new("cloudtrail:DescribeTrails", "*")];
    /// A trail's settings, read in its home Region.
    TrailSettings: Resource = [Operation::new("cloudtrail:DescribeTrails", "*")];
    /// Whether a trail is logging, read in its home Region.
    TrailStatus: Resource = [Operation::new("cloudtrail:GetTrailStatus", TRAIL)];
    /// Which events a trail records, read in its home Region.
    TrailSelectors: Resource = [Operation::new("cloudtrail:GetEventSelectors", TRAIL)];
    /// AWS Config's recorders in a Region, whether they work, and where they deliver.
    Recording: Region = [
        Operation::new("config:DescribeConfigurationRecorders", "*"),
        Operation::new("config:DescribeConfigurationRecorderStatus", "*"),
        Operation::new("config:DescribeDeliveryChannels", "*"),
    ];
    /// A Region's KMS keys.
    KmsKeys: Region = [Operation::new("kms:ListKeys", "*")];
    /// Who manages a KMS key, what it is for and where its material comes from.
    KmsKeyMetadata: Resource = [Operation::new("kms:DescribeKey", KMS_KEY)];
    /// Whether a KMS key is rotated.
    KmsKeyRotation: Resource = [Operation::new("kms:GetKeyRotationStatus", KMS_KEY)];
    /// A Region's VPCs, own ones and shared ones.
    Vpcs: Region = [Operation::new("ec2:DescribeVpcs", "*")];
    /// A Region's flow logs.
    FlowLogs: Region = [Operation::new("ec2:DescribeFlowLogs", "*")];
    /// The metric filters of a log group.
    MetricFilters: Resource = [Operation::new("logs:DescribeMetricFilters",
        "arn:{partition}:logs:*:{account}:log-group:*")];
    /// A Region's alarms on metrics that are not AWS's own.
    Alarms: Region = [Operation::new("cloudwatch:DescribeAlarms",
        "arn:{partition}:cloudwatch:*:{account}:alarm:*")];
    /// The subscriptions of an SNS topic.
    TopicSubscriptions: Resource = [Operation::new("sns:ListSubscriptionsByTopic",
        "arn:{partition}:sns:*:*:*")];
    /// Whether Security Hub is enabled in a Region.
    SecurityHub: Region = [Operation::new("securityhub:DescribeHub",
        "arn:{partition}:securityhub:*:{account}:hub/default")];
    /// A Region's security groups with their rules.
    SecurityGroups: Region = [Operation::new("ec2:DescribeSecurityGroups", "*")];
    /// The blocks of a prefix list.
    PrefixListEntries: Resource = [Operation::new("ec2:GetManagedPrefixListEntries",
        "arn:{partition}:ec2:*:*:prefix-list/*")];
    /// Whether new volumes of a Region are encrypted unless told otherwise.
    EbsDefaultEncryption: Region = [Operation::new("ec2:GetEbsEncryptionByDefault", "*")];
    /// A Region's network ACLs with their entries.
    NetworkAcls: Region = [Operation::new("ec2:DescribeNetworkAcls", "*")];
    /// A Region's route tables with their routes.
    RouteTables: Region = [Operation::new("ec2:DescribeRouteTables", "*")];
    /// A Region's peering connections with the blocks of both sides.
    PeeringConnections: Region = [Operation::new("ec2:DescribeVpcPeeringConnections", "*")];
}
