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
    /// The Region that holds it; empty when it is not known.
    pub region: String,
    /// Why the Region is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocated: Option<ReadError>,
}

impl Bucket {
    /// A bucket in a Region.
    pub fn new(name: impl Into<String>, region: impl Into<String>) -> Self {
        Self { name: name.into(), region: region.into(), unlocated: None }
    }
}

/// A bucket's versioning and MFA delete, source `GetBucketVersioning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketVersioning {
    /// Absent on a bucket whose versioning was never set.
    pub status: Option<VersioningStatus>,
    /// Absent on a bucket whose MFA delete was never set.
    pub mfa_delete: Option<bool>,
}

/// Whether new versions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VersioningStatus {
    /// Kept.
    Enabled,
    /// Kept until it was suspended.
    Suspended,
}

/// Where a bucket's server access log goes, source `GetBucketLogging`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketLogging {
    /// The bucket that gets the log; absent when nothing is logged.
    pub target: Option<String>,
}

/// A bucket's default encryption, source `GetBucketEncryption`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketEncryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`; absent where objects are not encrypted by default.
    pub algorithm: Option<String>,
}

/// A bucket's policy, source `GetBucketPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPolicy {
    /// The document; absent where the bucket has none.
    pub document: Option<String>,
}

/// AWS's own verdict on a bucket's policy, source `GetBucketPolicyStatus`. A block of public access
/// does not change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPolicyStatus {
    /// Whether the policy is public; absent where the bucket has none.
    pub public: Option<bool>,
}

/// What a bucket's ACL grants to the groups of everyone, source `GetBucketAcl`. Where ACLs are
/// disabled, AWS tells one without such grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketAcl {
    /// The grants; those to single accounts and to other groups are left out.
    pub public: Vec<PublicGrant>,
}

/// A grant to everyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicGrant {
    /// To whom.
    pub to: PublicGroup,
    /// What, in AWS's word: `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
}

/// The groups of ACLs that have everyone in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PublicGroup {
    /// Anyone, signed in or not.
    AllUsers,
    /// Anyone with credentials of any AWS account.
    AuthenticatedUsers,
}

impl PublicGroup {
    /// The group of a URI; nothing for other groups.
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

/// The four settings that block public access. What was never set is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Whether new public ACLs are refused.
    pub block_public_acls: bool,
    /// Whether public ACLs do not count.
    pub ignore_public_acls: bool,
    /// Whether new public policies are refused.
    pub block_public_policy: bool,
    /// Whether a public policy gives access to AWS services and the owner's account only.
    pub restrict_public_buckets: bool,
}

/// A bucket's own block of public access, source `GetPublicAccessBlock` of Amazon S3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketPublicAccessBlock(pub PublicAccessBlock);

/// The account's block of public access, which holds for all its buckets, source
/// `GetPublicAccessBlock` of Amazon S3's control plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountPublicAccessBlock(pub PublicAccessBlock);
