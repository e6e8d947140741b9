//! Facts from Amazon EFS.

use serde::{Deserialize, Serialize};

/// A Region's file systems, source `DescribeFileSystems`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystems(pub Vec<FileSystem>);

/// A file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// `fs-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
}
