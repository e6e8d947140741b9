#!/usr/bin/env python3
"""Seeds a believable demo account into the AWS test environment, by boto3.

    python tests/aws/seed_demo.py --endpoint http://127.0.0.1:PORT [--account 111122223333]

One run on a fresh server. What it leaves behind, by control:

1.4    root has an access key
1.12   users whose credentials are fresh, stale, never used, or of a machine
2.1.3  buckets in two Regions, one of them with versioning and MFA delete
3.1    a multi-Region trail that logs
5.2    security groups that open 22 or 3389 to the world in several ways, and some that do not
4.16   Security Hub is enabled in us-east-1
"""

import argparse
import json
import urllib.request
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config

HOME, SECOND = "us-east-1", "eu-west-1"


class Seeder:
    """The demo account."""

    def __init__(self, endpoint, account):
        self.endpoint, self.account = endpoint.rstrip("/"), account

    def client(self, service, region=HOME):
        """A client that acts as the demo account."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=f"AKIA{self.account}TEST",
            aws_secret_access_key="not-checked",
            config=Config(retries={"max_attempts": 1}),
        )

    def control(self, path, body):
        """Tell the environment what AWS's own API cannot."""
        request = urllib.request.Request(
            f"{self.endpoint}/_plumbline/{path}",
            data=json.dumps({"account": self.account, **body}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def run(self):
        """Everything, in order."""
        self.root()
        self.users()
        self.buckets()
        self.trail()
        self.groups()
        self.client("securityhub").enable_security_hub(EnableDefaultStandards=False)
        self.control("ec2/regions", {"regions": [HOME, SECOND]})

    def root(self):
        """Root with a hardware device, and a key that somebody forgot."""
        self.control(
            "iam/root",
            {
                "password_enabled": True,
                "password_last_used": days_ago(140),
                "mfa_active": True,
                "access_key_1_active": True,
                "access_key_1_last_rotated": days_ago(900),
                "access_key_1_last_used_date": days_ago(410),
                "access_key_1_last_used_region": HOME,
                "access_key_1_last_used_service": "s3",
            },
        )

    def users(self):
        """People and machines; the report's dates tell them apart."""
        iam = self.client("iam")
        rows = {}

        def add(name, console=None, changed=None, keys=(), age=400, path="/"):
            iam.create_user(UserName=name, Path=path)
            row = {"user_creation_time": days_ago(age)}
            if changed is not None:
                iam.create_login_profile(UserName=name, Password="Correct-Horse-7", PasswordResetRequired=False)
                row["password_last_used"] = days_ago(console) if console is not None else "no_information"
                row["password_last_changed"] = days_ago(changed)
                row["mfa_active"] = console is not None and console < 45
            for number, (rotated, used) in enumerate(keys, 1):
                iam.create_access_key(UserName=name)
                row[f"access_key_{number}_last_rotated"] = days_ago(rotated)
                row[f"access_key_{number}_last_used_date"] = "N/A" if used is None else days_ago(used)
                if used is not None:
                    row[f"access_key_{number}_last_used_region"] = HOME
                    row[f"access_key_{number}_last_used_service"] = "s3"
            rows[name] = row

        add("alice.moreau", console=1, changed=30, keys=[(20, 2)])
        add("bjorn.larsen", console=12, changed=80)
        add("chen.wei", console=44, changed=200)
        add("dora.novak", console=45, changed=300)
        add("emeka.obi", console=190, changed=250, keys=[(250, 200)])
        add("new.starter", changed=3, age=3)
        add("never.came", changed=120, age=120)
        add("ci-deploy", keys=[(800, 0)], age=800, path="/service/")
        add("backup-agent", keys=[(600, 97), (30, 1)], age=600, path="/service/")
        add("report-export", keys=[(75, None)], age=75, path="/service/")
        add("group.only", age=500)
        self.control("iam/credential-report", {"rows": rows, "started_times": 1})

    def buckets(self):
        """Names are global in AWS, so the account id is part of them."""
        east, west = self.client("s3", HOME), self.client("s3", SECOND)
        at_home = ("audit-logs", "website-assets", "build-artifacts", "data-lake-raw")
        for name in at_home:
            east.create_bucket(Bucket=f"demo-{name}-{self.account}")
        for name in ("backups", "invoices"):
            west.create_bucket(
                Bucket=f"demo-{name}-{self.account}",
                CreateBucketConfiguration={"LocationConstraint": SECOND},
            )
        for client, name, setting in (
            (east, "audit-logs", {"Status": "Enabled", "MFADelete": "Enabled"}),
            (east, "build-artifacts", {"Status": "Enabled"}),
            (east, "data-lake-raw", {"Status": "Suspended"}),
            (west, "backups", {"Status": "Enabled", "MFADelete": "Disabled"}),
        ):
            client.put_bucket_versioning(
                Bucket=f"demo-{name}-{self.account}",
                VersioningConfiguration=setting,
                MFA=f"arn:aws:iam::{self.account}:mfa/root-account-mfa-device 123456",
            )
        allow_trail = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TrailWrites",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": f"arn:aws:s3:::demo-audit-logs-{self.account}/AWSLogs/{self.account}/*",
                }
            ],
        }
        east.put_bucket_policy(Bucket=f"demo-audit-logs-{self.account}", Policy=json.dumps(allow_trail))

    def trail(self):
        """One trail as the benchmark wants it, and a small regional one."""
        home = self.client("cloudtrail", HOME)
        bucket = f"demo-audit-logs-{self.account}"
        home.create_trail(
            Name="account-trail", S3BucketName=bucket, IsMultiRegionTrail=True, EnableLogFileValidation=True
        )
        home.start_logging(Name="account-trail")
        second = self.client("cloudtrail", SECOND)
        second.create_trail(Name="migration-2019", S3BucketName=bucket, IsMultiRegionTrail=False)

    def groups(self):
        """Open and closed groups in both Regions."""
        home = Groups(self.client("ec2", HOME))
        home.add("web-alb", "tcp", 80, 80, ["0.0.0.0/0"])
        home.allow("web-alb", "tcp", 443, 443, ["0.0.0.0/0"], ["::/0"])
        home.add("bastion", "tcp", 22, 22, ["0.0.0.0/0"])
        home.add("windows-jump", "tcp", 3000, 4000, ["0.0.0.0/0"])
        home.add("bastion-halves", "tcp", 22, 22, ["0.0.0.0/1", "128.0.0.0/1"])
        home.add("office-ssh", "tcp", 22, 22, ["198.51.100.0/24", "203.0.113.17/32"])
        home.add("db-internal", "tcp", 5432, 5432, ["10.0.0.0/8"])
        home.add("lab-everything", "-1", None, None, ["0.0.0.0/0"])
        open_list = home.prefix_list("partner-networks", ["192.0.2.0/24", "0.0.0.0/0"])
        home.add("partner-access", "tcp", 22, 22, lists=[open_list])
        closed_list = home.prefix_list("office-networks", ["198.51.100.0/24", "203.0.113.0/24"])
        home.add("office-rdp", "tcp", 3389, 3389, lists=[closed_list])
        second = Groups(self.client("ec2", SECOND))
        second.add("rdp-farm", "tcp", 3389, 3389, ["0.0.0.0/0"], ["::/0"])
        second.add("app-tier", "tcp", 8080, 8080, ["10.20.0.0/16"])


class Groups:
    """Security groups of one Region's default VPC."""

    def __init__(self, ec2):
        self.ec2, self.ids = ec2, {}
        self.vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]

    def add(self, name, *rule, **more):
        """A group with one rule."""
        made = self.ec2.create_security_group(GroupName=name, Description=f"demo: {name}", VpcId=self.vpc)
        self.ids[name] = made["GroupId"]
        self.allow(name, *rule, **more)

    def allow(self, name, protocol, low, high, ipv4=(), ipv6=(), lists=()):
        """One more rule."""
        rule = {"IpProtocol": protocol}
        if low is not None:
            rule.update(FromPort=low, ToPort=high)
        if ipv4:
            rule["IpRanges"] = [{"CidrIp": block} for block in ipv4]
        if ipv6:
            rule["Ipv6Ranges"] = [{"CidrIpv6": block} for block in ipv6]
        if lists:
            rule["PrefixListIds"] = [{"PrefixListId": identity} for identity in lists]
        self.ec2.authorize_security_group_ingress(GroupId=self.ids[name], IpPermissions=[rule])

    def prefix_list(self, name, blocks):
        """A customer-managed prefix list."""
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name,
            MaxEntries=10,
            AddressFamily="IPv4",
            Entries=[{"Cidr": block} for block in blocks],
        )
        return made["PrefixList"]["PrefixListId"]


def days_ago(days):
    """A time that many days ago, as the credential report writes it."""
    moment = datetime.now(timezone.utc) - timedelta(days=days, minutes=7)
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--account", default="111122223333")
    options = parser.parse_args()
    Seeder(options.endpoint, options.account).run()
    print(f"account {options.account} seeded")


if __name__ == "__main__":
    main()
