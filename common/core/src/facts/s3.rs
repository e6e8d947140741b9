//! Facts from Amazon S3.

use serde::{Deserialize, Serialize};

use crate::answer::ReadError;

/// The account's buckets in all Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets(pub Vec<Bucket>);

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its Region; empty if it is not known.
    pub region: String,
    /// Why the Region is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocated: Option<ReadError>,
}

impl Bucket {
    /// Creates a bucket in a Region.
    pub fn new(name: impl Into<String>, region: impl Into<String>) -> Self {
        Self { name: name.into(), region: region.into(), unlocated: None }
    }
}

/// A bucket's versioning and MFA delete, source `GetBucketVersioning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketVersioning {
    /// Absent on a bucket whose versioning was never configured.
    pub status: Option<VersioningStatus>,
    /// Absent on a bucket whose MFA delete was never configured.
    pub mfa_delete: Option<bool>,
}

/// The versioning status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersioningStatus {
    /// Versioning is enabled.
    Enabled,
    /// Versioning is suspended.
    Suspended,
}

/// The server access logging of a bucket, source `GetBucketLogging`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketLogging {
    /// The target bucket; absent if logging is disabled.
    pub target: Option<String>,
}

/// A bucket's default encryption, source `GetBucketEncryption`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketEncryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`; absent if objects are not encrypted by default.
    pub algorithm: Option<String>,
}

/// A bucket's policy, source `GetBucketPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPolicy {
    /// The document; absent if the bucket has none.
    pub document: Option<String>,
}

/// AWS's own evaluation of a bucket's policy, source `GetBucketPolicyStatus`. S3 Block Public
/// Access does not change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPolicyStatus {
    /// Whether the policy is public; absent if the bucket has none.
    pub public: Option<bool>,
}

/// The public grants of a bucket's ACL, source `GetBucketAcl`. If ACLs are disabled, AWS returns an
/// ACL without such grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketAcl {
    /// The public grants. Grants to accounts and to other groups are omitted.
    pub public: Vec<PublicGrant>,
}

/// A public grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicGrant {
    /// The grantee.
    pub to: PublicGroup,
    /// The permission, in AWS's spelling: `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or
    /// `FULL_CONTROL`.
    pub permission: String,
}

/// The public groups of ACLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PublicGroup {
    /// Anyone, authenticated or not.
    AllUsers,
    /// Anyone with credentials of any AWS account.
    AuthenticatedUsers,
}

impl PublicGroup {
    /// The group of a URI; `None` for other groups.
    pub fn of_uri(uri: &str) -> Option<Self> {
        [Self::AllUsers, Self::AuthenticatedUsers]
            .into_iter()
            .find(|group| uri.ends_with(&format!("/groups/global/{}", group.as_str())))
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllUsers => "AllUsers",
            Self::AuthenticatedUsers => "AuthenticatedUsers",
        }
    }
}

/// The four settings of S3 Block Public Access. A setting that was never configured is disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Whether new public ACLs are rejected.
    pub block_public_acls: bool,
    /// Whether public ACLs are ignored.
    pub ignore_public_acls: bool,
    /// Whether new public policies are rejected.
    pub block_public_policy: bool,
    /// Whether a public policy grants access only to AWS services and the owner's account.
    pub restrict_public_buckets: bool,
}

/// The S3 Block Public Access settings of a bucket, source `GetPublicAccessBlock` of Amazon S3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPublicAccessBlock(pub PublicAccessBlock);

/// The S3 Block Public Access settings of the account, which apply to all its buckets, source
/// `GetPublicAccessBlock` of the S3 control plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPublicAccessBlock(pub PublicAccessBlock);
