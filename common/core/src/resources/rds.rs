//! DB instances.

use serde::Deserialize;

use crate::evaluation::NotAssessed;
use crate::facts::{DbInstance, DbInstances, DbNetwork};
use crate::item::ConfigurationItem;
use crate::resources::Resource;
use crate::view::View;

impl Resource for DbInstance {
    const TYPE: &'static str = "AWS::RDS::DBInstance";
    const NOUN: (&'static str, &'static str) = ("DB instance", "DB instances");

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
            storage_encryption_type: Option<String>,
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
        // RDS can encrypt with an RDS-owned key. The flag is then false, and the type decides.
        if !configuration.storage_encrypted && configuration.storage_encryption_type.is_none() {
            return None;
        }
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
            encryption_type: configuration.storage_encryption_type,
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
