#!/usr/bin/env python3
"""Seeds a large account: the demo account, and many users, buckets and groups.

    python tests/environment/seed_large.py --endpoint http://127.0.0.1:PORT \\
        --account 111122223333 --users 2000 --buckets 500 --groups 500
"""

import argparse
import json

from seed_demo import Seeder

READING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
    }
)


def groups(demo, number):
    """Groups of IAM with an inline policy, and security groups with a rule."""
    iam, ec2 = demo.client("iam"), demo.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    for index in range(number):
        name = f"group-{index:05}"
        iam.create_group(GroupName=name)
        iam.put_group_policy(GroupName=name, PolicyName="reading", PolicyDocument=READING)
        made = ec2.create_security_group(GroupName=name, Description="one of many", VpcId=vpc)[
            "GroupId"
        ]
        ec2.authorize_security_group_ingress(
            GroupId=made, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/8"
        )


def users(demo, number):
    """Every tenth with a password; all with a key."""
    iam = demo.client("iam")
    for index in range(number):
        name = f"user-{index:06}"
        iam.create_user(UserName=name)
        iam.create_access_key(UserName=name)
        if index % 10 == 0:
            iam.create_login_profile(UserName=name, Password="Correct-Horse-7")


def buckets(demo, number):
    """Empty ones."""
    s3 = demo.client("s3")
    for index in range(number):
        s3.create_bucket(Bucket=f"large-{demo.account}-{index:05}")


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--account", required=True)
    for what in ("users", "buckets", "groups"):
        parser.add_argument(f"--{what}", type=int, required=True)
    options = parser.parse_args()
    demo = Seeder(options.endpoint, options.account)
    demo.run()
    users(demo, options.users)
    buckets(demo, options.buckets)
    groups(demo, options.groups)


if __name__ == "__main__":
    main()
