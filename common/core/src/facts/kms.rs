//! Facts from AWS KMS.

use serde::{Deserialize, Serialize};

/// A Region's KMS keys, source `ListKeys`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsKeys(pub Vec<KmsKey>);

/// A KMS key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsKey {
    /// The key id.
    pub id: String,
    /// The ARN.
    pub arn: String,
}

/// The metadata of a KMS key, source `DescribeKey`. All values are in AWS's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsKeyMetadata {
    /// `AWS` or `CUSTOMER`.
    pub manager: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub state: String,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, `HMAC_256`, …
    pub spec: String,
    /// The origin of its key material: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    pub origin: String,
}

/// The rotation of a KMS key, source `GetKeyRotationStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsKeyRotation {
    /// Whether AWS rotates its key material.
    pub enabled: bool,
}
