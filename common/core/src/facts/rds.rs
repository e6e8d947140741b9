//! Facts from Amazon RDS.

use serde::{Deserialize, Serialize};

/// A Region's DB instances, source `DescribeDBInstances`. The operation also returns instances of
/// Amazon Neptune and Amazon DocumentDB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbInstances(pub Vec<DbInstance>);

/// A DB instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbInstance {
    /// `db-…`, the id of the instance in AWS Config.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its Region.
    pub region: String,
    /// `mysql`, `aurora-postgresql`, `neptune`, `docdb`, …
    pub engine: String,
    /// Whether its storage is encrypted with a KMS key.
    pub encrypted: bool,
    /// `none`, `sse-kms`, or `sse-rds` for an RDS-owned key; absent if it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_type: Option<String>,
    /// Whether automatic minor version upgrades are enabled.
    pub minor_upgrade: bool,
    /// Whether it is publicly accessible.
    pub public: bool,
    /// Its VPC and the subnets of its subnet group; absent if it has none.
    pub network: Option<DbNetwork>,
}

/// The network of a DB instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbNetwork {
    /// The VPC.
    pub vpc: String,
    /// The subnets of its subnet group.
    pub subnets: Vec<String>,
}

impl DbInstance {
    /// Whether it is an Amazon RDS Custom instance, on which the customer manages the operating
    /// system and RDS upgrades nothing.
    pub fn is_custom(&self) -> bool {
        self.engine.starts_with("custom-")
    }

    /// Whether it is an instance of Amazon Neptune or Amazon DocumentDB.
    pub fn is_neptune_or_document_db(&self) -> bool {
        ["neptune", "docdb"].contains(&self.engine.as_str())
    }
}
