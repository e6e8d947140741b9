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
    Credentials, Holding, InlinePolicy, PasswordPolicy, PasswordRules, PolicyDocument,
    PolicyHolder, PolicyHolders, PolicyRoles, PrincipalKind, ServerCertificate, ServerCertificates,
    Stamp, User, UserPolicies, UserWithPolicies, Users, VirtualMfaDevice, VirtualMfaDevices,
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
use crate::fact::{FactType, Level, Read};

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident: $level:ident = [$($read:expr),+ $(,)?];)+) => {
        /// The kinds of facts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }

        impl Kind {
            /// All kinds, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// How often the fact exists.
            pub fn level(self) -> Level {
                match self {
                    $(Self::$name => Level::$level,)+
                }
            }

            /// The operations that produce it.
            pub fn reads(self) -> &'static [Read] {
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
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name,)+
                }
            }

            /// Its form in a snapshot.
            pub fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
                match self {
                    $(Self::$name(fact) => serde_json::value::to_raw_value(fact),)+
                }
            }

            /// Reads a fact of a kind from its form in a snapshot.
            pub fn from_json(kind: Kind, json: &RawValue) -> Result<Self, serde_json::Error> {
                Ok(match kind {
                    $(Kind::$name => Self::$name(serde_json::from_str(json.get())?),)+
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
                const KIND: Kind = Kind::$name;

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
    AccountSummary: Account = [Read::new("iam:GetAccountSummary", "*")];
    /// Passwords, keys and MFA of every IAM user and of root, up to four hours old.
    CredentialReport: Account = [Read::new("iam:GenerateCredentialReport", "*"),
        Read::new("iam:GetCredentialReport", "*")];
    /// The IAM users.
    Users: Account = [Read::new("iam:ListUsers", "*")];
    /// MFA apps and other virtual devices that are assigned to somebody.
    VirtualMfaDevices: Account = [Read::new("iam:ListVirtualMFADevices", "*")];
    /// The rules for passwords of IAM users.
    PasswordPolicy: Account = [Read::new("iam:GetAccountPasswordPolicy", "*")];
    /// The IAM users with their inline and attached policies.
    UserPolicies: Account = [Read::new("iam:GetAccountAuthorizationDetails", "*")];
    /// Groups and roles with inline policies, and attached customer-managed policies.
    PolicyHolders: Account = [Read::new("iam:GetAccountAuthorizationDetails", "*")];
    /// AWS-managed policies that are attached to somebody.
    AttachedAwsPolicies: Account = [Read::new("iam:ListPolicies", "*")];
    /// The text of a version of an AWS-managed policy.
    PolicyDocument: Resource = [Read::new("iam:GetPolicyVersion", AWS_POLICY)];
    /// The roles to which a policy is attached.
    PolicyRoles: Resource = [Read::new("iam:ListEntitiesForPolicy", SUPPORT_POLICY)];
    /// Certificates that are kept in IAM.
    ServerCertificates: Account = [Read::new("iam:ListServerCertificates", "*")];
    /// Which parts of the account's contact are filled in.
    PrimaryContact: Account = [Read::new("account:GetContactInformation", ACCOUNT)];
    /// Which parts of the account's contact for security are filled in.
    SecurityContact: Account = [Read::new("account:GetAlternateContact", ACCOUNT)];
    /// The organization to which the account belongs.
    Organization: Account = [Read::new("organizations:DescribeOrganization", "*")];
    /// A Region's analyzers of IAM Access Analyzer.
    Analyzers: Region = [Read::new("access-analyzer:ListAnalyzers", "*")];
    /// A Region's EC2 instances.
    Instances: Region = [Read::new("ec2:DescribeInstances", "*")];
    /// The account's buckets in all Regions.
    Buckets: Account = [Read::allowed_by("s3:ListBuckets", "s3:ListAllMyBuckets", "*")];
    /// A bucket's versioning and MFA delete.
    BucketVersioning: Resource = [Read::new("s3:GetBucketVersioning", BUCKET)];
    /// A bucket's default encryption.
    BucketEncryption: Resource = [Read::allowed_by("s3:GetBucketEncryption",
        "s3:GetEncryptionConfiguration", BUCKET)];
    /// A bucket's policy.
    BucketPolicy: Resource = [Read::new("s3:GetBucketPolicy", BUCKET)];
    /// AWS's own verdict on whether a bucket's policy is public.
    BucketPolicyStatus: Resource = [Read::new("s3:GetBucketPolicyStatus", BUCKET)];
    /// What a bucket's ACL grants to everyone.
    BucketAcl: Resource = [Read::new("s3:GetBucketAcl", BUCKET)];
    /// A bucket's own block of public access.
    BucketPublicAccessBlock: Resource = [Read::allowed_by("s3:GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock", BUCKET)];
    /// The account's block of public access, which holds for all its buckets.
    AccountPublicAccessBlock: Account = [Read::allowed_by("s3control:GetPublicAccessBlock",
        "s3:GetAccountPublicAccessBlock", "*")];
    /// Whether Macie is at work in a Region.
    MacieSession: Region = [Read::new("macie2:GetMacieSession", "*")];
    /// Whether Macie looks for sensitive data on its own.
    MacieDiscovery: Region = [Read::new("macie2:GetAutomatedDiscoveryConfiguration", "*")];
    /// The jobs of Macie that look for sensitive data.
    MacieJobs: Region = [Read::new("macie2:ListClassificationJobs", "*")];
    /// A Region's database instances.
    DbInstances: Region = [Read::new("rds:DescribeDBInstances",
        "arn:{partition}:rds:*:{account}:db:*")];
    /// A Region's file systems.
    FileSystems: Region = [Read::new("elasticfilesystem:DescribeFileSystems",
        "arn:{partition}:elasticfilesystem:*:{account}:file-system/*")];
    /// Where a bucket's server access log goes.
    BucketLogging: Resource = [Read::new("s3:GetBucketLogging", BUCKET)];
    /// The trails that record this account, own ones and those of its organization.
    Trails: Account = [Read::new("cloudtrail:ListTrails", "*"),
        Read::new("cloudtrail:DescribeTrails", "*")];
    /// A trail's settings, read in its home Region.
    TrailSettings: Resource = [Read::new("cloudtrail:DescribeTrails", "*")];
    /// Whether a trail is logging, read in its home Region.
    TrailStatus: Resource = [Read::new("cloudtrail:GetTrailStatus", TRAIL)];
    /// Which events a trail records, read in its home Region.
    TrailSelectors: Resource = [Read::new("cloudtrail:GetEventSelectors", TRAIL)];
    /// AWS Config's recorders in a Region, whether they work, and where they deliver.
    Recording: Region = [
        Read::new("config:DescribeConfigurationRecorders", "*"),
        Read::new("config:DescribeConfigurationRecorderStatus", "*"),
        Read::new("config:DescribeDeliveryChannels", "*"),
    ];
    /// A Region's KMS keys.
    KmsKeys: Region = [Read::new("kms:ListKeys", "*")];
    /// Who manages a KMS key, what it is for and where its material comes from.
    KmsKeyMetadata: Resource = [Read::new("kms:DescribeKey", KMS_KEY)];
    /// Whether a KMS key is rotated.
    KmsKeyRotation: Resource = [Read::new("kms:GetKeyRotationStatus", KMS_KEY)];
    /// A Region's VPCs, own ones and shared ones.
    Vpcs: Region = [Read::new("ec2:DescribeVpcs", "*")];
    /// A Region's flow logs.
    FlowLogs: Region = [Read::new("ec2:DescribeFlowLogs", "*")];
    /// The metric filters of a log group.
    MetricFilters: Resource = [Read::new("logs:DescribeMetricFilters",
        "arn:{partition}:logs:*:{account}:log-group:*")];
    /// A Region's alarms on metrics that are not AWS's own.
    Alarms: Region = [Read::new("cloudwatch:DescribeAlarms",
        "arn:{partition}:cloudwatch:*:{account}:alarm:*")];
    /// The subscriptions of an SNS topic.
    TopicSubscriptions: Resource = [Read::new("sns:ListSubscriptionsByTopic",
        "arn:{partition}:sns:*:*:*")];
    /// Whether Security Hub is enabled in a Region.
    SecurityHub: Region = [Read::new("securityhub:DescribeHub",
        "arn:{partition}:securityhub:*:{account}:hub/default")];
    /// A Region's security groups with their rules.
    SecurityGroups: Region = [Read::new("ec2:DescribeSecurityGroups", "*")];
    /// The blocks of a prefix list.
    PrefixListEntries: Resource = [Read::new("ec2:GetManagedPrefixListEntries",
        "arn:{partition}:ec2:*:*:prefix-list/*")];
    /// Whether new volumes of a Region are encrypted unless told otherwise.
    EbsDefaultEncryption: Region = [Read::new("ec2:GetEbsEncryptionByDefault", "*")];
    /// A Region's network ACLs with their entries.
    NetworkAcls: Region = [Read::new("ec2:DescribeNetworkAcls", "*")];
    /// A Region's route tables with their routes.
    RouteTables: Region = [Read::new("ec2:DescribeRouteTables", "*")];
    /// A Region's peering connections with the blocks of both sides.
    PeeringConnections: Region = [Read::new("ec2:DescribeVpcPeeringConnections", "*")];
}
