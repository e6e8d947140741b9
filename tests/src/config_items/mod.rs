//! Configuration items, in the form of AWS Config events.

mod item;
mod network;

use plumbline_core::control::Control;
use plumbline_core::facts::{
    DbInstance, Fact, Holding, Instance, KmsKeyMetadata, PolicyHolder, SecurityGroupRule,
    TrailSettings, VersioningStatus,
};
use plumbline_core::snapshot::Snapshot;
use serde_json::{Value, json};

use self::item::item;
use self::network::{acl_item, table_item};
use crate::environment::TestAccount;
use crate::lambda_runtime::now;

/// The items of the control's resources in a Region, in the form of AWS Config events.
pub fn of_control(
    control: &Control,
    account: &TestAccount,
    snapshot: &Snapshot,
    region: &str,
) -> Vec<Value> {
    let facts: Vec<(&str, &str, &Fact)> = snapshot.accounts[0]
        .facts
        .iter()
        .filter_map(|(key, answer)| {
            Some((key.region.as_str(), key.id.as_str(), answer.as_ref().ok()?))
        })
        .collect();
    let here = || facts.iter().filter(|(of, _, _)| *of == region);
    match control.change_type() {
        Some("AWS::S3::Bucket") => buckets(account, &facts, region),
        Some("AWS::RDS::DBInstance") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::DbInstances(instances) => instances.0.iter().collect(),
                _ => Vec::new(),
            })
            .filter(|instance| !instance.is_neptune_or_document_db())
            .map(|instance| db_instance_item(account, instance))
            .collect(),
        Some("AWS::EFS::FileSystem") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::FileSystems(systems) => systems.0.iter().collect(),
                _ => Vec::new(),
            })
            .map(|system| {
                let configuration = json!({
                    "FileSystemId": system.id, "Arn": system.arn, "Encrypted": system.encrypted,
                    "PerformanceMode": "generalPurpose", "ThroughputMode": "bursting",
                    "LifecyclePolicies": [], "BackupPolicy": { "Status": "DISABLED" },
                    "FileSystemTags": []
                });
                item(
                    account,
                    region,
                    "AWS::EFS::FileSystem",
                    &system.id,
                    &system.arn,
                    configuration,
                )
            })
            .collect(),
        Some("AWS::EC2::NetworkAcl") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::NetworkAcls(acls) => acls.0.iter().collect(),
                _ => Vec::new(),
            })
            .map(|acl| acl_item(account, region, acl))
            .collect(),
        Some("AWS::EC2::RouteTable") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::RouteTables(tables) => tables.0.iter().collect(),
                _ => Vec::new(),
            })
            .filter(|table| table.routes.iter().any(|route| route.peering.is_some()))
            .map(|table| table_item(account, table))
            .collect(),
        Some("AWS::EC2::SecurityGroup") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::SecurityGroups(groups) => groups.0.iter().collect(),
                _ => Vec::new(),
            })
            .filter(|group| control.slug != "default-sg-closed" || group.name == "default")
            .map(|group| {
                let rule = |rule: &SecurityGroupRule| {
                    json!({
                        "ipProtocol": rule.protocol, "fromPort": rule.from_port,
                        "toPort": rule.to_port,
                        "ipv4Ranges": objects(&rule.ipv4, "cidrIp"),
                        "ipRanges": rule.ipv4,
                        "ipv6Ranges": objects(&rule.ipv6, "cidrIpv6"),
                        "prefixListIds": objects(&rule.prefix_lists, "prefixListId"),
                        "userIdGroupPairs": rule.groups.iter().map(|id| json!({ "groupId": id,
                        "userId": account.id })).collect::<Vec<_>>()
                    })
                };
                let rules = |rules: &[SecurityGroupRule]| rules.iter().map(rule).collect();
                let mut item = group_item(account, region, &group.id, rules(&group.ingress));
                item["configuration"]["groupName"] = json!(group.name);
                item["configuration"]["vpcId"] = json!(group.vpc);
                item["configuration"]["ipPermissionsEgress"] = rules(&group.egress);
                item
            })
            .collect(),
        Some("AWS::IAM::User") => facts
            .iter()
            .flat_map(|(_, _, fact)| match fact {
                Fact::UserPolicies(users) => users.0.iter().map(|user| &user.0).collect(),
                _ => Vec::new(),
            })
            .map(|user| user_item(account, user))
            .filter(|_| region == "us-east-1")
            .collect(),
        Some("AWS::IAM::Policy") => facts
            .iter()
            .flat_map(|(_, _, fact)| match fact {
                Fact::PolicyHolders(holders) => holders.0.iter().collect(),
                _ => Vec::new(),
            })
            .filter_map(|holder| match &holder.holding {
                Holding::Managed { attachments, document } => {
                    Some(policy_item(account, holder, *attachments, document))
                }
                _ => None,
            })
            .filter(|_| region == "us-east-1")
            .collect(),
        Some("AWS::EC2::Instance") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::Instances(instances) => instances.0.iter().collect(),
                _ => Vec::new(),
            })
            .filter(|instance| instance.state != "terminated")
            .map(|instance| instance_item(account, region, instance))
            .collect(),
        // Trails are evaluated in the home Region, which receives only items recorded there.
        Some("AWS::CloudTrail::Trail") => here()
            .filter_map(|(_, arn, fact)| match fact {
                Fact::TrailSettings(settings) if region == "us-east-1" => {
                    Some(trail_item(account, region, arn, settings))
                }
                _ => None,
            })
            .collect(),
        Some("AWS::KMS::Key") => here()
            .filter_map(|(_, id, fact)| match fact {
                Fact::KmsKeyMetadata(metadata) => {
                    let rotation = here().find_map(|(_, of, fact)| match fact {
                        Fact::KmsKeyRotation(rotation) if of == id => Some(rotation.enabled),
                        _ => None,
                    });
                    Some(key_item(account, region, id, metadata, rotation))
                }
                _ => None,
            })
            .collect(),
        other => panic!("write the items of {other:?}"),
    }
}

/// The items of the buckets of a Region, with all recorded properties.
fn buckets(account: &TestAccount, facts: &[(&str, &str, &Fact)], region: &str) -> Vec<Value> {
    let all = facts.iter().find_map(|(_, _, fact)| {
        if let Fact::Buckets(buckets) = fact { Some(&buckets.0) } else { None }
    });
    let mut items = Vec::new();
    for bucket in all.into_iter().flatten().filter(|bucket| bucket.region == region) {
        let mut item = bucket_item(account, region, &bucket.name, "Off", json!(null));
        let supplementary = &mut item["supplementaryConfiguration"];
        for (_, _, fact) in
            facts.iter().filter(|(of, id, _)| (*of, *id) == (region, bucket.name.as_str()))
        {
            match fact {
                Fact::BucketVersioning(versioning) => {
                    let status = match versioning.status {
                        Some(VersioningStatus::Enabled) => "Enabled",
                        Some(VersioningStatus::Suspended) => "Suspended",
                        None => "Off",
                    };
                    supplementary["BucketVersioningConfiguration"] =
                        json!({ "status": status, "isMfaDeleteEnabled": versioning.mfa_delete });
                }
                Fact::BucketEncryption(encryption) => {
                    if let Some(algorithm) = &encryption.algorithm {
                        let by_default =
                            json!({ "sseAlgorithm": algorithm, "kmsMasterKeyID": null });
                        let rule = json!({ "applyServerSideEncryptionByDefault": by_default,
                            "bucketKeyEnabled": false });
                        supplementary["ServerSideEncryptionConfiguration"] =
                            json!({ "rules": [rule] });
                    }
                }
                Fact::BucketPolicy(policy) => {
                    supplementary["BucketPolicy"] = json!({ "policyText": policy.document })
                }
                Fact::BucketPublicAccessBlock(block) => {
                    supplementary["PublicAccessBlockConfiguration"] = json!({
                        "blockPublicAcls": block.0.block_public_acls,
                        "ignorePublicAcls": block.0.ignore_public_acls,
                        "blockPublicPolicy": block.0.block_public_policy,
                        "restrictPublicBuckets": block.0.restrict_public_buckets
                    });
                }
                _ => {}
            }
        }
        items.push(item);
    }
    items
}

fn named(mut item: Value, name: &str) -> Value {
    item["resourceName"] = json!(name);
    item
}

fn db_instance_item(account: &TestAccount, instance: &DbInstance) -> Value {
    let network = instance.network.as_ref().map(|network| {
        let subnets: Vec<Value> = network
            .subnets
            .iter()
            .map(|id| {
                json!({ "subnetIdentifier": id,
            "subnetStatus": "Active" })
            })
            .collect();
        json!({ "dBSubnetGroupName": "data", "vpcId": network.vpc, "subnetGroupStatus": "Complete",
            "subnets": subnets })
    });
    let configuration = json!({
        "dBInstanceIdentifier": instance.name, "dBInstanceArn": instance.arn,
        "dbiResourceId": instance.id, "engine": instance.engine,
        "storageEncrypted": instance.encrypted, "autoMinorVersionUpgrade": instance.minor_upgrade,
        "publiclyAccessible": instance.public,
        "dBSubnetGroup": network, "dBInstanceStatus": "available"
    });
    item(
        account,
        &instance.region,
        "AWS::RDS::DBInstance",
        &instance.id,
        &instance.arn,
        configuration,
    )
}

/// A bucket's item as an event contains it.
pub fn bucket_item(
    account: &TestAccount,
    region: &str,
    name: &str,
    status: &str,
    mfa_delete: Value,
) -> Value {
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": { "name": name, "creationDate": "2026-01-01T00:00:00.000Z",
        "owner": { "displayName": null, "id": "a".repeat(64) }, "region": region },
        "supplementaryConfiguration": {
            "AccessControlList": "\"{\\\"grantSet\\\":null,\\\"grantList\\\":[]}\"",
            "BucketVersioningConfiguration": { "status": status, "isMfaDeleteEnabled": mfa_delete },
            "BucketPolicy": { "policyText": null }
        },
        "tags": {}, "configurationItemVersion": "1.3", "configurationItemCaptureTime": now(),
        "configurationStateId": 1_780_000_000_000_u64,
        "awsAccountId": account.id, "configurationItemStatus": "OK",
        "resourceType": "AWS::S3::Bucket", "resourceId": name, "resourceName": name,
        "ARN": format!("arn:aws:s3:::{name}"), "awsRegion": region, "availabilityZone": "Regional",
        "configurationStateMd5Hash": "",
        "resourceCreationTime": "2026-01-01T00:00:00.000Z"
    })
}

/// A trail's item as an event contains it.
pub fn trail_item(
    account: &TestAccount,
    region: &str,
    arn: &str,
    settings: &TrailSettings,
) -> Value {
    let name = arn.rsplit('/').next().expect("a name");
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": {
            "name": name, "s3BucketName": settings.bucket, "s3KeyPrefix": null,
            "snsTopicName": null, "snsTopicARN": null,
            "includeGlobalServiceEvents": settings.global_events,
            "isMultiRegionTrail": settings.multi_region, "homeRegion": region, "trailARN": arn,
            "logFileValidationEnabled": settings.log_file_validation,
            "cloudWatchLogsLogGroupArn": settings.log_group, "cloudWatchLogsRoleArn": null,
            "kmsKeyId": settings.kms_key, "hasCustomEventSelectors": false,
            "hasInsightSelectors": false, "isOrganizationTrail": settings.organization
        },
        "supplementaryConfiguration": {}, "tags": {}, "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": now(), "configurationStateId": 1,
        "awsAccountId": account.id, "configurationItemStatus": "OK",
        "resourceType": "AWS::CloudTrail::Trail", "resourceId": name, "resourceName": name,
        "ARN": arn, "awsRegion": region, "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "", "resourceCreationTime": null
    })
}

/// A KMS key's item as an event contains it.
pub fn key_item(
    account: &TestAccount,
    region: &str,
    id: &str,
    metadata: &KmsKeyMetadata,
    rotation: Option<bool>,
) -> Value {
    let arn = format!("arn:aws:kms:{region}:{}:key/{id}", account.id);
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": {
            "awsaccountId": account.id, "keyId": id, "arn": arn,
            "creationDate": 1_767_225_600_000_u64, "enabled": metadata.state == "Enabled",
            "description": "",
            "keyUsage": "ENCRYPT_DECRYPT", "keyState": metadata.state, "origin": metadata.origin,
            "keyManager": metadata.manager,
            "customerMasterKeySpec": metadata.spec, "keySpec": metadata.spec,
            "encryptionAlgorithms": []
        },
        "supplementaryConfiguration": { "KeyRotationStatus": rotation, "Tags": [] }, "tags": {},
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": now(), "configurationStateId": 1,
        "awsAccountId": account.id, "configurationItemStatus": "OK",
        "resourceType": "AWS::KMS::Key", "resourceId": id, "resourceName": id, "ARN": arn,
        "awsRegion": region, "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "", "resourceCreationTime": null
    })
}

/// A security group's item as an event contains it, with ingress rules as AWS Config writes them.
pub fn group_item(account: &TestAccount, region: &str, id: &str, ingress: Value) -> Value {
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": {
            "description": "test", "groupName": "test", "ipPermissions": ingress,
            "ownerId": account.id, "groupId": id,
            "ipPermissionsEgress": [{ "ipProtocol": "-1", "ipv6Ranges": [], "prefixListIds": [],
            "userIdGroupPairs": [], "ipv4Ranges": [{ "cidrIp": "0.0.0.0/0" }],
            "ipRanges": ["0.0.0.0/0"] }],
            "tags": [], "vpcId": "vpc-1"
        },
        "supplementaryConfiguration": {}, "tags": {}, "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": now(), "configurationStateId": 1,
        "awsAccountId": account.id, "configurationItemStatus": "OK",
        "resourceType": "AWS::EC2::SecurityGroup", "resourceId": id, "resourceName": "test",
        "ARN": format!("arn:aws:ec2:{region}:{}:security-group/{id}", account.id),
        "awsRegion": region, "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "", "resourceCreationTime": null
    })
}

/// An IAM user's item as an event contains it.
fn user_item(account: &TestAccount, user: &PolicyHolder) -> Value {
    let Holding::Principal { inline, attached, .. } = &user.holding else {
        panic!("{} is not a user", user.arn)
    };
    let configuration = json!({
        "path": "/", "userName": user.name, "userId": user.id, "arn": user.arn,
        "createDate": "2026-01-01T00:00:00.000Z", "groupList": [],
        "userPolicyList": inline.iter().map(|policy| json!({ "policyName": policy.name,
        "policyDocument": policy.document })).collect::<Vec<_>>(),
        "attachedManagedPolicies": attached
            .iter()
            .map(|arn| json!({ "policyName": arn.rsplit('/').next(), "policyArn": arn }))
            .collect::<Vec<_>>(),
        "permissionsBoundary": null, "tags": []
    });
    named(item(account, "global", "AWS::IAM::User", &user.id, &user.arn, configuration), &user.name)
}

/// The item of a customer managed policy as an event contains it.
fn policy_item(
    account: &TestAccount,
    policy: &PolicyHolder,
    attachments: i32,
    document: &str,
) -> Value {
    let version = |id: &str, default: bool, document: &str| {
        json!({ "document": document, "versionId": id, "isDefaultVersion": default,
        "createDate": "2026-01-01T00:00:00.000Z" })
    };
    let configuration = json!({
        "policyName": policy.name, "policyId": policy.id, "arn": policy.arn, "path": "/",
        "defaultVersionId": "v2", "attachmentCount": attachments,
        "permissionsBoundaryUsageCount": 0, "isAttachable": true, "description": null,
        "createDate": "2026-01-01T00:00:00.000Z",
        "updateDate": "2026-01-01T00:00:00.000Z",
        "policyVersionList": [version("v2", true, document), version("v1", false, "%7B%7D")]
    });
    named(
        item(account, "global", "AWS::IAM::Policy", &policy.id, &policy.arn, configuration),
        &policy.name,
    )
}

/// An EC2 instance's item as an event contains it.
fn instance_item(account: &TestAccount, region: &str, instance: &Instance) -> Value {
    let profile = instance.profile.as_ref().map(|arn| json!({ "arn": arn, "id": "AIPAEXAMPLE" }));
    let configuration = json!({
        "instanceId": instance.id, "imageId": "ami-12345678", "instanceType": "t3.micro",
        "state": { "code": 16, "name": instance.state },
        "iamInstanceProfile": profile, "tags": []
    });
    let arn = format!("arn:aws:ec2:{region}:{}:instance/{}", account.id, instance.id);
    item(account, region, "AWS::EC2::Instance", &instance.id, &arn, configuration)
}

/// An object with this one member for each value.
fn objects<T: ToString>(values: &[T], member: &str) -> Vec<Value> {
    values.iter().map(|value| json!({ member: value.to_string() })).collect()
}
