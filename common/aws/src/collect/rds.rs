//! Facts from Amazon RDS.

use aws_sdk_rds::operation::describe_db_instances::DescribeDbInstancesOutput;
use aws_sdk_rds::types;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{DbInstance, DbInstances, DbNetwork};
use plumbline_core::operation::rds;

use crate::session::Session;

/// The maximum page size of RDS for DB instances.
const INSTANCES_A_PAGE: i32 = 100;

pub(super) async fn instances(session: &Session, region: &str) -> Answer<DbInstances> {
    let client = session.rds(region);
    let page = |token| {
        client.describe_db_instances().max_records(INSTANCES_A_PAGE).set_marker(token).send()
    };
    session
        .list(rds::DESCRIBE_DB_INSTANCES, page, DescribeDbInstancesOutput::marker, |page| {
            instances_of(page, region)
        })
        .await
        .map(DbInstances)
}

fn instances_of(page: DescribeDbInstancesOutput, region: &str) -> Answer<Vec<DbInstance>> {
    rds::DESCRIBE_DB_INSTANCES
        .require(page.db_instances, "the instances")?
        .into_iter()
        .map(|instance| instance_of(instance, region))
        .collect()
}

fn instance_of(instance: types::DbInstance, region: &str) -> Answer<DbInstance> {
    let name = rds::DESCRIBE_DB_INSTANCES
        .require_text(instance.db_instance_identifier, "an instance's name")?;
    let text = |value: Option<String>, what: &str| {
        rds::DESCRIBE_DB_INSTANCES.require_text(value, &format!("{what} of {name}"))
    };
    let flag = |value: Option<bool>, what: &str| {
        rds::DESCRIBE_DB_INSTANCES.require(value, &format!("{what} of {name}"))
    };
    Ok(DbInstance {
        id: text(instance.dbi_resource_id, "the resource id")?,
        arn: text(instance.db_instance_arn, "the ARN")?,
        region: region.to_owned(),
        engine: text(instance.engine, "the engine")?,
        encrypted: flag(instance.storage_encrypted, "the encryption")?,
        encryption_type: instance
            .storage_encryption_type
            .map(|encryption| encryption.as_str().to_owned()),
        minor_upgrade: flag(instance.auto_minor_version_upgrade, "the upgrades")?,
        public: flag(instance.publicly_accessible, "the accessibility")?,
        network: instance.db_subnet_group.map(|group| network_of(group, &name)).transpose()?,
        name,
    })
}

fn network_of(group: types::DbSubnetGroup, name: &str) -> Answer<DbNetwork> {
    let subnets =
        rds::DESCRIBE_DB_INSTANCES.require(group.subnets, &format!("the subnets of {name}"))?;
    let id = |subnet: types::Subnet| {
        rds::DESCRIBE_DB_INSTANCES
            .require_text(subnet.subnet_identifier, &format!("the id of a subnet of {name}"))
    };
    Ok(DbNetwork {
        vpc: rds::DESCRIBE_DB_INSTANCES
            .require_text(group.vpc_id, &format!("the VPC of {name}"))?,
        subnets: subnets.into_iter().map(id).collect::<Answer<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::builders::DbInstanceBuilder;

    use super::*;

    fn instance() -> DbInstanceBuilder {
        let instance = types::DbInstance::builder()
            .db_instance_identifier("orders")
            .dbi_resource_id("db-1")
            .db_instance_arn("arn")
            .engine("mysql");
        instance
            .storage_encrypted(true)
            .auto_minor_version_upgrade(false)
            .publicly_accessible(false)
    }

    #[test]
    fn instances_with_their_subnets() {
        let subnet = types::Subnet::builder().subnet_identifier("subnet-1").build();
        let group = types::DbSubnetGroup::builder().vpc_id("vpc-1").subnets(subnet).build();
        let read = instance_of(instance().db_subnet_group(group).build(), "us-east-1")
            .expect("an instance");
        assert_eq!(
            read.network,
            Some(DbNetwork { vpc: "vpc-1".into(), subnets: vec!["subnet-1".into()] })
        );
        assert_eq!((read.encrypted, read.minor_upgrade, read.public), (true, false, false));
        let by_rds = instance().storage_encryption_type(types::StorageEncryptionType::Sse);
        let read = instance_of(by_rds.build(), "us-east-1").expect("an instance");
        assert_eq!(read.encryption_type.as_deref(), Some("sse-rds"));
    }

    #[test]
    fn what_is_missing_is_refused() {
        let refused = |builder: DbInstanceBuilder| {
            instance_of(builder.build(), "us-east-1").expect_err("malformed").message
        };
        assert_eq!(
            refused(instance().set_publicly_accessible(None)),
            "missing in the response: the accessibility of orders"
        );
        assert_eq!(
            refused(instance().set_storage_encrypted(None)),
            "missing in the response: the encryption of orders"
        );
        assert_eq!(
            refused(instance().db_subnet_group(types::DbSubnetGroup::builder().build())),
            "missing in the response: the subnets of orders"
        );
        assert!(instances_of(DescribeDbInstancesOutput::builder().build(), "us-east-1").is_err());
    }
}
