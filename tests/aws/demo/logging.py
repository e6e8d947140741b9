"""Section 3: trails, keys, flow logs, the recorder. The buckets are there already."""

from datetime import datetime, timezone

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    trails(demo)
    keys(demo)
    flow_logs(demo)
    recorder(demo)


def trails(demo):
    """One trail as the benchmark wants it, a small regional one, and an old one."""
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
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    demo.control(
        "cloudtrail/status", {"trail_arn": made["TrailARN"], "fields": {"LatestCloudWatchLogsDeliveryTime": now}}
    )
    east.put_bucket_logging(
        Bucket=bucket,
        BucketLoggingStatus={
            "LoggingEnabled": {"TargetBucket": f"demo-access-logs-{demo.account}", "TargetPrefix": "trail/"}
        },
    )
    lost = f"demo-forgotten-{demo.account}"
    east.create_bucket(Bucket=lost)
    home.create_trail(Name="old-trail", S3BucketName=lost, IsMultiRegionTrail=False)
    second = demo.client("cloudtrail", SECOND)
    second.create_trail(
        Name="migration-2019", S3BucketName=f"demo-build-artifacts-{demo.account}", IsMultiRegionTrail=False
    )


def keys(demo):
    """With and without rotation, and some that cannot have it."""
    home = demo.client("kms", HOME)
    rotated = home.create_key(Description="demo: invoices")["KeyMetadata"]["KeyId"]
    home.enable_key_rotation(KeyId=rotated)
    home.create_key(Description="demo: signing", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    disabled = home.create_key(Description="demo: old")["KeyMetadata"]["KeyId"]
    home.disable_key(KeyId=disabled)
    demo.client("kms", SECOND).create_key(Description="demo: backups")


def flow_logs(demo):
    """The home Region's VPC has one; the other's has not."""
    home = demo.client("ec2", HOME)
    vpc = home.describe_vpcs()["Vpcs"][0]["VpcId"]
    home.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::demo-audit-logs-{demo.account}",
    )


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
            "body": {"ConfigurationRecordersStatus": [{"name": "default", "recording": True, "lastStatus": "SUCCESS"}]},
        },
    )
