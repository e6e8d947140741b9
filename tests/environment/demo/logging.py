"""Section 3: trails, keys, flow logs, the recorder. The buckets are there already."""

import json
from datetime import UTC, datetime

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    trails(demo)
    keys(demo)
    flow_logs(demo)
    recorder(demo)


# Controls: 3.1, 3.2, 3.4, 3.6, 3.7, 3.10, 3.11.
def trails(demo):
    """A trail that meets the benchmark, a small single-Region trail, and an old one."""
    home, east = demo.client("cloudtrail", HOME), demo.client("s3", HOME)
    bucket = f"demo-audit-logs-{demo.account}"
    key = demo.client("kms", HOME).create_key(Description="demo: trail")["KeyMetadata"]["Arn"]
    group = "CloudTrail/account"
    demo.client("logs", HOME).create_log_group(logGroupName=group)
    made = home.create_trail(
        Name="account-trail",
        S3BucketName=bucket,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=key,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{demo.account}:log-group:{group}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{demo.account}:role/trail-to-logs",
    )
    home.put_event_selectors(
        TrailName="account-trail",
        EventSelectors=[
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
            },
            {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True, "DataResources": []},
        ],
    )
    home.start_logging(Name="account-trail")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    demo.control(
        "cloudtrail/status",
        {"trail_arn": made["TrailARN"], "fields": {"LatestCloudWatchLogsDeliveryTime": now}},
    )
    east.put_bucket_logging(
        Bucket=bucket,
        BucketLoggingStatus={
            "LoggingEnabled": {
                "TargetBucket": f"demo-access-logs-{demo.account}",
                "TargetPrefix": "trail/",
            }
        },
    )
    other_buckets(demo)
    second = demo.client("cloudtrail", SECOND)
    second.create_trail(
        Name="migration-2019",
        S3BucketName=f"demo-build-artifacts-{demo.account}",
        IsMultiRegionTrail=False,
    )


# Controls: 3.3.
def other_buckets(demo):
    """Trails whose buckets are public, open to many small CIDR blocks, and deleted."""
    east, home = demo.client("s3", HOME), demo.client("cloudtrail", HOME)
    eighths = [f"{first}.0.0.0/8" for first in range(128)]
    conditions = {"forgotten": {}, "partners": {"IpAddress": {"aws:SourceIp": eighths}}}
    for name, condition in conditions.items():
        bucket = f"demo-{name}-{demo.account}"
        east.create_bucket(Bucket=bucket)
        statement = {
            "Sid": "Readers",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        if condition:
            statement["Condition"] = condition
        east.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
    # The account ignores it.
    east.put_bucket_acl(Bucket=f"demo-forgotten-{demo.account}", ACL="public-read")
    home.create_trail(
        Name="old-trail", S3BucketName=f"demo-forgotten-{demo.account}", IsMultiRegionTrail=False
    )
    home.create_trail(
        Name="partner-trail", S3BucketName=f"demo-partners-{demo.account}", IsMultiRegionTrail=False
    )
    gone = f"demo-deleted-{demo.account}"
    east.create_bucket(Bucket=gone)
    home.create_trail(Name="orphan", S3BucketName=gone, IsMultiRegionTrail=False)
    east.delete_bucket(Bucket=gone)


# Controls: 3.8.
def keys(demo):
    """Keys with and without rotation, and keys that do not support it."""
    home = demo.client("kms", HOME)
    rotated = home.create_key(Description="demo: invoices")["KeyMetadata"]["KeyId"]
    home.enable_key_rotation(KeyId=rotated)
    home.create_key(Description="demo: signing", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    disabled = home.create_key(Description="demo: old")["KeyMetadata"]["KeyId"]
    home.disable_key(KeyId=disabled)
    demo.client("kms", SECOND).create_key(Description="demo: backups")


# Controls: 3.9.
def flow_logs(demo):
    """The VPC of the home Region has a flow log; the VPC of the other Region has none."""
    home = demo.client("ec2", HOME)
    vpc = home.describe_vpcs()["Vpcs"][0]["VpcId"]
    home.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::demo-audit-logs-{demo.account}",
    )


# Controls: 3.5.
def recorder(demo):
    """AWS Config records in the home Region only."""
    home = demo.client("config", HOME)
    home.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": f"arn:aws:iam::{demo.account}:role/config",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    home.put_delivery_channel(
        DeliveryChannel={"name": "default", "s3BucketName": f"demo-audit-logs-{demo.account}"}
    )
    home.start_configuration_recorder(ConfigurationRecorderName="default")
    # In moto a recorder's first delivery stays pending.
    demo.control(
        "overrides",
        {
            "service": "config",
            "operation": "DescribeConfigurationRecorderStatus",
            "region": HOME,
            "body": {
                "ConfigurationRecordersStatus": [
                    {"name": "default", "recording": True, "lastStatus": "SUCCESS"}
                ]
            },
        },
    )
