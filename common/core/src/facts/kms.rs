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

/// What a KMS key is, source `DescribeKey`. All values in AWS's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsKeyMetadata {
    /// `AWS` or `CUSTOMER`.
    pub manager: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub state: String,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, `HMAC_256`, …
    pub spec: String,
    /// Where its material comes from: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    pub origin: String,
}

/// Whether a KMS key is rotated, source `GetKeyRotationStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsKeyRotation {
    /// Whether AWS rotates its material.
    pub enabled: bool,
}
