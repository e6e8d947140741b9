"""The account that both emulators are given: a few resources for each section of the benchmark."""

import json

from botocore.exceptions import BotoCoreError, ClientError

from opinion.emulators import ACCOUNT

HOME, SECOND = "us-east-1", "eu-west-1"
_TRUST = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
_GROUP = "CloudTrail/account"


def prepare(client):
    """Create everything, and return the steps that failed with their errors.

    ``client`` returns a client of a service in a Region. A step that fails does
    not stop the others: it is a difference if it fails in one emulator only.
    """
    failed = {}
    for step in (_identity, _storage, _logging, _monitoring, _network, _recorders):
        try:
            step(client)
        except (BotoCoreError, ClientError) as error:
            failed[step.__name__.strip("_")] = str(error)
    return failed


def _document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _identity(client):
    iam = client("iam", HOME)
    iam.update_account_password_policy(
        MinimumPasswordLength=14, RequireSymbols=True, PasswordReusePrevention=24
    )
    for name in ("developer", "operator"):
        iam.create_user(UserName=name)
    iam.create_access_key(UserName="developer")
    iam.create_login_profile(UserName="operator", Password="Not-Checked-0123456789")
    iam.put_user_policy(
        UserName="operator",
        PolicyName="inline",
        PolicyDocument=_document({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}),
    )
    iam.create_group(GroupName="developers")
    iam.add_user_to_group(GroupName="developers", UserName="developer")
    everything = iam.create_policy(
        PolicyName="everything",
        PolicyDocument=_document({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    )
    iam.create_role(RoleName="support", AssumeRolePolicyDocument=_document(_TRUST))
    iam.attach_role_policy(RoleName="support", PolicyArn="arn:aws:iam::aws:policy/AWSSupportAccess")
    iam.attach_group_policy(GroupName="developers", PolicyArn=everything["Policy"]["Arn"])
    client("accessanalyzer", HOME).create_analyzer(analyzerName="account", type="ACCOUNT")


def _storage(client):
    s3 = client("s3", HOME)
    for name in ("data", "logs", "trail"):
        s3.create_bucket(Bucket=f"opinion-{name}-{ACCOUNT}")
    s3.put_bucket_versioning(
        Bucket=f"opinion-data-{ACCOUNT}", VersioningConfiguration={"Status": "Enabled"}
    )
    s3.put_public_access_block(
        Bucket=f"opinion-data-{ACCOUNT}",
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_policy(
        Bucket=f"opinion-data-{ACCOUNT}",
        Policy=_document(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [
                    f"arn:aws:s3:::opinion-data-{ACCOUNT}",
                    f"arn:aws:s3:::opinion-data-{ACCOUNT}/*",
                ],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ),
    )
    s3.put_bucket_policy(
        Bucket=f"opinion-logs-{ACCOUNT}",
        Policy=_document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::opinion-logs-{ACCOUNT}/trail/*",
            }
        ),
    )
    s3.put_bucket_logging(
        Bucket=f"opinion-trail-{ACCOUNT}",
        BucketLoggingStatus={
            "LoggingEnabled": {"TargetBucket": f"opinion-logs-{ACCOUNT}", "TargetPrefix": "trail/"}
        },
    )
    s3.put_bucket_policy(
        Bucket=f"opinion-trail-{ACCOUNT}",
        Policy=_document(
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::opinion-trail-{ACCOUNT}/*",
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": f"arn:aws:s3:::opinion-trail-{ACCOUNT}",
            },
        ),
    )
    client("ec2", HOME).enable_ebs_encryption_by_default()
    client("efs", HOME).create_file_system(CreationToken="opinion", Encrypted=True)


def _logging(client):
    kms = client("kms", HOME)
    key = kms.create_key(Description="trail")["KeyMetadata"]
    kms.enable_key_rotation(KeyId=key["KeyId"])
    kms.create_key(Description="not rotated")
    client("logs", HOME).create_log_group(logGroupName=_GROUP)
    role = client("iam", HOME).create_role(
        RoleName="trail-to-logs",
        AssumeRolePolicyDocument=_document(
            {**_TRUST, "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        ),
    )
    trail = client("cloudtrail", HOME)
    trail.create_trail(
        Name="account-trail",
        S3BucketName=f"opinion-trail-{ACCOUNT}",
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        KmsKeyId=key["Arn"],
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:{_GROUP}:*",
        CloudWatchLogsRoleArn=role["Role"]["Arn"],
    )
    trail.put_event_selectors(
        TrailName="account-trail",
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
            }
        ],
    )
    trail.start_logging(Name="account-trail")


def _monitoring(client):
    client("logs", HOME).put_metric_filter(
        logGroupName=_GROUP,
        filterName="root-use",
        filterPattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
        ' && $.eventType != "AwsServiceEvent" }',
        metricTransformations=[
            {"metricName": "root-use", "metricNamespace": "Trail", "metricValue": "1"}
        ],
    )
    sns = client("sns", HOME)
    topic = sns.create_topic(Name="security-alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.com")
    client("cloudwatch", HOME).put_metric_alarm(
        AlarmName="root-use",
        Namespace="Trail",
        MetricName="root-use",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )


def _network(client):
    ec2 = client("ec2", HOME)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="admin", Description="ssh", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            }
        ],
    )
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::opinion-logs-{ACCOUNT}",
    )


def _recorders(client):
    iam = client("iam", HOME)
    iam.create_role(
        RoleName="config",
        AssumeRolePolicyDocument=_document(
            {**_TRUST, "Principal": {"Service": "config.amazonaws.com"}}
        ),
    )
    for region in (HOME, SECOND):
        config = client("config", region)
        config.put_configuration_recorder(
            ConfigurationRecorder={
                "name": "default",
                "roleARN": f"arn:aws:iam::{ACCOUNT}:role/config",
                "recordingGroup": {
                    "allSupported": True,
                    "includeGlobalResourceTypes": region == HOME,
                },
            }
        )
        config.put_delivery_channel(
            DeliveryChannel={"name": "default", "s3BucketName": f"opinion-logs-{ACCOUNT}"}
        )
        config.start_configuration_recorder(ConfigurationRecorderName="default")
