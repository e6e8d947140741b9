#!/usr/bin/env python3
"""Deploys what looks after the accounts of an organization, by boto3.

    python tests/environment/deploy_tasks.py --endpoint http://127.0.0.1:PORT \\
        --account 111122223333 --bootstrap FILE --organization o-a1b2c3d4e5 \\
        --member 444455556666 --member 777788889999 --parameter WithoutConfig=report

member-role.yaml goes into each member, organization-tasks.yaml into the account; with --functions
also central-functions.yaml and the permission of the organization, in both Regions. Prints the
outputs of the tasks.
"""

import argparse
import json

from demo import HOME, SECOND
from deploy_functions import RELEASE, TEMPLATES, Deployment, package

STACK = "plumbline-organization-tasks"
ROLE_STACK = "plumbline-member-role"


class Tasks(Deployment):
    """What one account deploys."""

    def bucket(self, region):
        """The code, where the functions of a Region expect it."""
        s3, name = self.client("s3", region), f"{self.prefix}-{region}"
        buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
        if name not in buckets:
            place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else place))
        body = package(self.options.bootstrap)
        s3.put_object(Bucket=name, Key=f"{RELEASE}/bootstrap.zip", Body=body)

    def functions(self, region):
        """The functions that serve the organization, and its permission to invoke them."""
        body = (TEMPLATES / "central-functions.yaml").read_bytes()
        key = f"{RELEASE}/central-functions.yaml"
        self.client("s3", region).put_object(Bucket=f"{self.prefix}-{region}", Key=key, Body=body)
        parameters = {
            "Release": RELEASE,
            "CodeBucketPrefix": self.prefix,
            "HomeRegion": HOME,
            "OrganizationId": self.options.organization,
        }
        template = self.url(region, "central-functions")
        self.stack(region, "plumbline-central", parameters, TemplateURL=template)
        parameters = {
            "Release": RELEASE,
            "OrganizationId": self.options.organization,
            "GlobalControls": "on" if region == HOME else "off",
        }
        body = (TEMPLATES / "central-permission-organization.yaml").read_text()
        self.stack(region, "plumbline-central-permission", parameters, TemplateBody=body)

    def role(self, member):
        """The role of a member."""
        parameters = {
            "OrganizationId": self.options.organization,
            "CentralAccountId": self.options.account,
        }
        body = (TEMPLATES / "member-role.yaml").read_text()
        own = Deployment(argparse.Namespace(**{**vars(self.options), "account": member}))
        own.stack(HOME, ROLE_STACK, parameters, TemplateBody=body)

    def run(self):
        """Everything."""
        regions = (HOME, SECOND) if self.options.functions else (HOME,)
        for region in regions:
            self.bucket(region)
            if self.options.functions:
                self.functions(region)
        for member in self.options.member:
            self.role(member)
        parameters = {
            "Release": RELEASE,
            "CodeBucketPrefix": self.prefix,
            "HomeRegion": HOME,
            "OrganizationId": self.options.organization,
            "Regions": f"{HOME},{SECOND}",
            **dict(given.split("=", 1) for given in self.options.parameter),
        }
        body = (TEMPLATES / "organization-tasks.yaml").read_text()
        self.stack(HOME, STACK, parameters, TemplateBody=body)
        client = self.client("cloudformation", HOME)
        outputs = client.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("endpoint", "account", "bootstrap", "organization"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("member", "parameter"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--functions", action="store_true")
    print(json.dumps(Tasks(parser.parse_args()).run()))


if __name__ == "__main__":
    main()
