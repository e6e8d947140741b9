//! Facts from Amazon RDS.

use serde::{Deserialize, Serialize};

use crate::engine::View;
use crate::evaluation::NotAssessed;
use crate::item::ConfigurationItem;
use crate::resource::Resource;

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
    /// Whether its storage is encrypted.
    pub encrypted: bool,
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
    /// Whether it is Amazon Neptune's or Amazon DocumentDB's.
    pub fn is_neptune_or_document_db(&self) -> bool {
        ["neptune", "docdb"].contains(&self.engine.as_str())
    }
}

impl Resource for DbInstance {
    const TYPE: &'static str = "AWS::RDS::DBInstance";
    const NOUN: (&'static str, &'static str) = ("database instance", "database instances");

    fn list<'a>(view: &View<'a>) -> Result<Vec<&'a Self>, NotAssessed> {
        Ok(view.region::<DbInstances>()?.0.iter().collect())
    }

    fn from_item(item: &ConfigurationItem) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Configuration {
            #[serde(rename = "dBInstanceIdentifier", alias = "dbinstanceIdentifier")]
            name: String,
            #[serde(rename = "dBInstanceArn", alias = "dbinstanceArn")]
            arn: String,
            dbi_resource_id: String,
            engine: String,
            storage_encrypted: bool,
            auto_minor_version_upgrade: bool,
            publicly_accessible: bool,
            #[serde(rename = "dBSubnetGroup", alias = "dbsubnetGroup")]
            group: Group,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Group {
            vpc_id: String,
            subnets: Vec<Subnet>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Subnet {
            subnet_identifier: String,
        }
        let configuration: Configuration = item.configuration()?;
        let subnets = configuration
            .group
            .subnets
            .into_iter()
            .map(|subnet| subnet.subnet_identifier)
            .collect();
        Some(Self {
            id: configuration.dbi_resource_id,
            name: configuration.name,
            arn: configuration.arn,
            region: item.aws_region.clone(),
            engine: configuration.engine,
            encrypted: configuration.storage_encrypted,
            minor_upgrade: configuration.auto_minor_version_upgrade,
            public: configuration.publicly_accessible,
            network: Some(DbNetwork { vpc: configuration.group.vpc_id, subnets }),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn arn(&self, _: &View<'_>) -> Option<String> {
        Some(self.arn.clone())
    }
}
