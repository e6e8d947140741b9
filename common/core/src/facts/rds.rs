//! Facts from Amazon RDS.

use serde::{Deserialize, Serialize};

/// A Region's database instances, source `DescribeDBInstances`. Amazon Neptune and Amazon
/// DocumentDB show theirs there too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbInstances(pub Vec<DbInstance>);

/// A database instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbInstance {
    /// `db-…`: AWS Config's id of the instance.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its Region.
    pub region: String,
    /// `mysql`, `aurora-postgresql`, `neptune`, `docdb`, …
    pub engine: String,
    /// Whether its storage is encrypted with a key in AWS KMS.
    pub encrypted: bool,
    /// `none`, `sse-kms`, or `sse-rds` for a key of RDS itself; absent where it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_type: Option<String>,
    /// Whether minor versions are installed without anybody's doing.
    pub minor_upgrade: bool,
    /// Whether it has an address that can be reached from outside its VPC.
    pub public: bool,
    /// The VPC and the subnets in which it may stand; absent where it stands in none.
    pub network: Option<DbNetwork>,
}

/// Where a database instance stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbNetwork {
    /// The VPC.
    pub vpc: String,
    /// The subnets of its group.
    pub subnets: Vec<String>,
}

impl DbInstance {
    /// Whether it is Amazon RDS Custom's: the operating system is the customer's, and RDS upgrades
    /// nothing there.
    pub fn is_custom(&self) -> bool {
        self.engine.starts_with("custom-")
    }

    /// Whether it is Amazon Neptune's or Amazon DocumentDB's.
    pub fn is_neptune_or_document_db(&self) -> bool {
        ["neptune", "docdb"].contains(&self.engine.as_str())
    }
}
