"""Section 2: buckets."""

import json

from demo import HOME, SECOND


def seed(demo):
    """Everything of the section."""
    buckets(demo)


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
    # Only a bucket whose owner lets S3 write to it can get access logs.
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
