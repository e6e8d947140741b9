//! Configuration items, in the shape in which AWS Config's events carry them.

use plumbline_core::control::Control;
use plumbline_core::facts::{KmsKeyMetadata, TrailSettings};
use plumbline_core::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::aws::Account;
use crate::lambda::now;

/// The items of the control's resources in a Region, in the shape of AWS Config's events.
pub fn of_control(control: &Control, account: &Account, snapshot: &Snapshot, region: &str) -> Vec<Value> {
    use plumbline_core::facts::{Fact, VersioningStatus};
    let facts: Vec<(&str, &str, &Fact)> =
        snapshot.accounts[0].facts.iter().filter_map(|(key, answer)| Some((key.region.as_str(), key.id.as_str(), answer.as_ref().ok()?))).collect();
    let here = || facts.iter().filter(|(of, _, _)| *of == region);
    match control.change_type() {
        Some("AWS::S3::Bucket") => here()
            .filter_map(|(_, name, fact)| match fact {
                Fact::BucketVersioning(versioning) => {
                    let status = match versioning.status {
                        Some(VersioningStatus::Enabled) => "Enabled",
                        Some(VersioningStatus::Suspended) => "Suspended",
                        None => "Off",
                    };
                    Some(bucket_item(account, region, name, status, json!(versioning.mfa_delete)))
                }
                _ => None,
            })
            .collect(),
        Some("AWS::EC2::SecurityGroup") => here()
            .flat_map(|(_, _, fact)| match fact {
                Fact::SecurityGroups(groups) => groups.0.iter().collect(),
                _ => Vec::new(),
            })
            .map(|group| {
                let rule = |rule: &plumbline_core::facts::SecurityGroupRule| {
                    json!({
                        "ipProtocol": rule.protocol, "fromPort": rule.from_port, "toPort": rule.to_port,
                        "ipv4Ranges": rule.ipv4.iter().map(|block| json!({ "cidrIp": block })).collect::<Vec<_>>(),
                        "ipRanges": rule.ipv4,
                        "ipv6Ranges": rule.ipv6.iter().map(|block| json!({ "cidrIpv6": block })).collect::<Vec<_>>(),
                        "prefixListIds": rule.prefix_lists.iter().map(|id| json!({ "prefixListId": id })).collect::<Vec<_>>(),
                        "userIdGroupPairs": rule.groups.iter().map(|id| json!({ "groupId": id, "userId": account.id })).collect::<Vec<_>>()
                    })
                };
                group_item(account, region, &group.id, json!(group.ingress.iter().map(rule).collect::<Vec<_>>()))
            })
            .collect(),
        // Trails are evaluated in the home Region: only items that Config records there arrive.
        Some("AWS::CloudTrail::Trail") => here()
            .filter_map(|(_, arn, fact)| match fact {
                Fact::TrailSettings(settings) if region == "us-east-1" => Some(trail_item(account, region, arn, settings)),
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

/// A bucket's item as an event carries it.
pub fn bucket_item(account: &Account, region: &str, name: &str, status: &str, mfa_delete: Value) -> Value {
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": { "name": name, "creationDate": "2026-01-01T00:00:00.000Z", "owner": { "displayName": null, "id": "a".repeat(64) }, "region": region },
        "supplementaryConfiguration": {
            "AccessControlList": "\"{\\\"grantSet\\\":null,\\\"grantList\\\":[]}\"",
            "BucketVersioningConfiguration": { "status": status, "isMfaDeleteEnabled": mfa_delete },
            "BucketPolicy": { "policyText": null }
        },
        "tags": {}, "configurationItemVersion": "1.3", "configurationItemCaptureTime": now(), "configurationStateId": 1_780_000_000_000_u64,
        "awsAccountId": account.id, "configurationItemStatus": "OK", "resourceType": "AWS::S3::Bucket", "resourceId": name, "resourceName": name,
        "ARN": format!("arn:aws:s3:::{name}"), "awsRegion": region, "availabilityZone": "Regional", "configurationStateMd5Hash": "",
        "resourceCreationTime": "2026-01-01T00:00:00.000Z"
    })
}

/// A trail's item as an event carries it.
pub fn trail_item(account: &Account, region: &str, arn: &str, settings: &TrailSettings) -> Value {
    let name = arn.rsplit('/').next().expect("a name");
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": {
            "name": name, "s3BucketName": settings.bucket, "s3KeyPrefix": null, "snsTopicName": null, "snsTopicARN": null,
            "includeGlobalServiceEvents": settings.global_events, "isMultiRegionTrail": settings.multi_region, "homeRegion": region, "trailARN": arn,
            "logFileValidationEnabled": settings.log_file_validation, "cloudWatchLogsLogGroupArn": settings.log_group, "cloudWatchLogsRoleArn": null,
            "kmsKeyId": settings.kms_key, "hasCustomEventSelectors": false, "hasInsightSelectors": false, "isOrganizationTrail": settings.organization
        },
        "supplementaryConfiguration": {}, "tags": {}, "configurationItemVersion": "1.3", "configurationItemCaptureTime": now(), "configurationStateId": 1,
        "awsAccountId": account.id, "configurationItemStatus": "OK", "resourceType": "AWS::CloudTrail::Trail", "resourceId": name, "resourceName": name,
        "ARN": arn, "awsRegion": region, "availabilityZone": "Not Applicable", "configurationStateMd5Hash": "", "resourceCreationTime": null
    })
}

/// A KMS key's item as an event carries it.
pub fn key_item(account: &Account, region: &str, id: &str, metadata: &KmsKeyMetadata, rotation: Option<bool>) -> Value {
    let arn = format!("arn:aws:kms:{region}:{}:key/{id}", account.id);
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": {
            "awsaccountId": account.id, "keyId": id, "arn": arn, "creationDate": 1_767_225_600_000_u64, "enabled": metadata.state == "Enabled", "description": "",
            "keyUsage": "ENCRYPT_DECRYPT", "keyState": metadata.state, "origin": metadata.origin, "keyManager": metadata.manager,
            "customerMasterKeySpec": metadata.spec, "keySpec": metadata.spec, "encryptionAlgorithms": []
        },
        "supplementaryConfiguration": { "KeyRotationStatus": rotation, "Tags": [] }, "tags": {}, "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": now(), "configurationStateId": 1, "awsAccountId": account.id, "configurationItemStatus": "OK",
        "resourceType": "AWS::KMS::Key", "resourceId": id, "resourceName": id, "ARN": arn, "awsRegion": region, "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "", "resourceCreationTime": null
    })
}

/// A security group's item as an event carries it, with ingress rules in AWS Config's spelling.
pub fn group_item(account: &Account, region: &str, id: &str, ingress: Value) -> Value {
    json!({
        "relatedEvents": [], "relationships": [],
        "configuration": {
            "description": "test", "groupName": "test", "ipPermissions": ingress, "ownerId": account.id, "groupId": id,
            "ipPermissionsEgress": [{ "ipProtocol": "-1", "ipv6Ranges": [], "prefixListIds": [], "userIdGroupPairs": [], "ipv4Ranges": [{ "cidrIp": "0.0.0.0/0" }], "ipRanges": ["0.0.0.0/0"] }],
            "tags": [], "vpcId": "vpc-1"
        },
        "supplementaryConfiguration": {}, "tags": {}, "configurationItemVersion": "1.3", "configurationItemCaptureTime": now(), "configurationStateId": 1,
        "awsAccountId": account.id, "configurationItemStatus": "OK", "resourceType": "AWS::EC2::SecurityGroup", "resourceId": id, "resourceName": "test",
        "ARN": format!("arn:aws:ec2:{region}:{}:security-group/{id}", account.id), "awsRegion": region, "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "", "resourceCreationTime": null
    })
}
