"""Section 2: buckets."""

import json
import urllib.request

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    buckets(demo)
    blocks(demo)
    classification(demo)
    volumes(demo)
    databases(demo)
    file_systems(demo)


# Controls: 2.1.1, 2.1.2, 2.1.3.
def buckets(demo):
    """Names are global in AWS, so the account id is part of them."""
    east, west = demo.client("s3", HOME), demo.client("s3", SECOND)
    at_home = ("access-logs", "audit-logs", "website-assets", "build-artifacts", "data-lake-raw")
    for name in at_home:
        east.create_bucket(Bucket=f"demo-{name}-{demo.account}")
    for name in ("backups", "invoices"):
        west.create_bucket(
            Bucket=f"demo-{name}-{demo.account}",
            CreateBucketConfiguration={"LocationConstraint": SECOND},
        )
    demo.control("s3/unlocated", {"bucket": f"demo-data-lake-raw-{demo.account}"})
    for client, name, setting in (
        (east, "audit-logs", {"Status": "Enabled", "MFADelete": "Enabled"}),
        (east, "build-artifacts", {"Status": "Enabled"}),
        (east, "data-lake-raw", {"Status": "Suspended"}),
        (west, "backups", {"Status": "Enabled", "MFADelete": "Disabled"}),
    ):
        client.put_bucket_versioning(
            Bucket=f"demo-{name}-{demo.account}",
            VersioningConfiguration=setting,
            MFA=f"arn:aws:iam::{demo.account}:mfa/root-account-mfa-device 123456",
        )
    allow_trail = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TrailWrites",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::demo-audit-logs-{demo.account}/AWSLogs/{demo.account}/*",
            }
        ],
    }
    # Server access logging requires that the owner of the target bucket allows S3 to write to it.
    allow_logs = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccessLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::demo-access-logs-{demo.account}/*",
            }
        ],
    }
    east.put_bucket_policy(Bucket=f"demo-access-logs-{demo.account}", Policy=json.dumps(allow_logs))
    east.put_bucket_policy(Bucket=f"demo-audit-logs-{demo.account}", Policy=json.dumps(allow_trail))
    for name, statements in (
        ("build-artifacts", [deny_http(demo, "build-artifacts", "s3:*")]),
        ("data-lake-raw", [deny_http(demo, "data-lake-raw", "s3:Get*")]),
    ):
        policy = {"Version": "2012-10-17", "Statement": statements}
        east.put_bucket_policy(Bucket=f"demo-{name}-{demo.account}", Policy=json.dumps(policy))
    for client, name, algorithm in ((east, "audit-logs", "aws:kms"), (west, "invoices", "AES256")):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        client.put_bucket_encryption(
            Bucket=f"demo-{name}-{demo.account}",
            ServerSideEncryptionConfiguration={"Rules": [rule]},
        )
    for client, name in ((east, "website-assets"), (west, "backups")):
        client.delete_bucket_encryption(Bucket=f"demo-{name}-{demo.account}")


def deny_http(demo, name, action):
    """A statement that denies requests without TLS."""
    arn = f"arn:aws:s3:::demo-{name}-{demo.account}"
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


# Controls: 2.1.5.
def blocks(demo):
    """ACLs are blocked for the whole account, policies at some buckets."""
    acls = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    policies = {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    nothing = dict.fromkeys((*acls, *policies), False)
    # Without boto3, which would put the account id in front of the host's name.
    settings = "".join(f"<{name}>{str(name in acls).lower()}</{name}>" for name in nothing)
    scope = f"AKIA{demo.account}TEST/20260101/{HOME}/s3/aws4_request"
    request = urllib.request.Request(
        f"{demo.endpoint}/v20180820/configuration/publicAccessBlock",
        data=f"<PublicAccessBlockConfiguration>{settings}</PublicAccessBlockConfiguration>".encode(),
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}",
            "Content-Type": "application/xml",
            "x-amz-account-id": demo.account,
        },
        method="PUT",
    )
    urllib.request.urlopen(request).close()
    for region, name, settings in (
        (HOME, "audit-logs", {**acls, **policies}),
        (HOME, "build-artifacts", policies),
        (HOME, "data-lake-raw", {"BlockPublicPolicy": True}),
        (SECOND, "backups", {**acls, **policies}),
        (SECOND, "invoices", acls),
    ):
        demo.client("s3", region).put_public_access_block(
            Bucket=f"demo-{name}-{demo.account}",
            PublicAccessBlockConfiguration={**nothing, **settings},
        )


# Controls: 2.1.4.
def classification(demo):
    """Macie discovers in the home Region; in the other one the job is cancelled."""
    home, second = demo.client("macie2", HOME), demo.client("macie2", SECOND)
    home.enable_macie()
    home.update_automated_discovery_configuration(status="ENABLED")
    second.enable_macie()
    job = second.create_classification_job(
        name="trial", jobType="ONE_TIME", clientToken="1", s3JobDefinition={}
    )
    second.update_classification_job(jobId=job["jobId"], jobStatus="CANCELLED")


# Controls: 2.2.1.
def volumes(demo):
    """Encrypted by default at home only."""
    demo.client("ec2", HOME).enable_ebs_encryption_by_default()


# Controls: 2.3.1, 2.3.2, 2.3.3.
def databases(demo):
    """A DB instance that passes, a publicly accessible one, and one of another service."""
    ec2 = demo.client("ec2", HOME)
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.30.{number}.0/24", AvailabilityZone=f"{HOME}{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    partners = ec2.create_managed_prefix_list(
        PrefixListName="database-partners",
        MaxEntries=10,
        AddressFamily="IPv4",
        Entries=[{"Cidr": "192.0.2.0/24"}],
    )["PrefixList"]["PrefixListId"]
    ec2.create_route(RouteTableId=table, GatewayId=gateway, DestinationPrefixListId=partners)
    ec2.create_route(RouteTableId=table, GatewayId=gateway, DestinationCidrBlock="0.0.0.0/0")
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])
    rds = demo.client("rds", HOME)
    rds.create_db_subnet_group(
        DBSubnetGroupName="data", DBSubnetGroupDescription="demo", SubnetIds=subnets
    )
    for name, engine, good in (
        ("orders", "postgres", True),
        ("legacy-crm", "mysql", False),
        ("graph", "neptune", False),
    ):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.medium",
            Engine=engine,
            AllocatedStorage=20,
            MasterUsername="root",
            MasterUserPassword="Correct-Horse-7",
            DBSubnetGroupName="data",
            StorageEncrypted=good,
            AutoMinorVersionUpgrade=good,
            PubliclyAccessible=not good,
        )


# Controls: 2.4.1.
def file_systems(demo):
    """One encrypted and one not."""
    efs = demo.client("efs", HOME)
    efs.create_file_system(CreationToken="home", Encrypted=True)
    efs.create_file_system(CreationToken="scratch", Encrypted=False)
