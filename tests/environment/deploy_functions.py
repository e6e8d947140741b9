#!/usr/bin/env python3
"""Deploys the functions and the rules by boto3, and reports the configuration of the functions.

    python tests/environment/deploy_functions.py --endpoint http://127.0.0.1:PORT \\
        --account 111122223333 --bootstrap FILE --register FILE --extract FOLDER

The buckets come from single-account.yaml, the roles and the functions with
their rules from their own templates, as in an account of an organization. The
code is read back from where the functions have it; afterwards the program in it
is in the folder.
"""

import argparse
import base64
import hashlib
import io
import json
import pathlib
import zipfile

import boto3
from botocore.config import Config

from demo import HOME, SECOND

TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / "cfn"
RELEASE = "test-1"
KEY = "mrk-1234abcd12ab34cd56ef1234567890ab"


def package(program):
    """The program, zipped."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
        archive.writestr(entry, pathlib.Path(program).read_bytes(), compresslevel=1)
    return zipped.getvalue()


class Deployment:
    """One account."""

    def __init__(self, options):
        self.options = options
        self.prefix = f"plumbline-{options.account}"

    def client(self, service, region):
        """A client that acts as the account."""
        return boto3.client(
            service,
            endpoint_url=self.options.endpoint,
            region_name=region,
            aws_access_key_id=f"AKIA{self.options.account}TEST",
            aws_secret_access_key="not-checked",
            config=Config(
                retries={"max_attempts": 1}, read_timeout=300, s3={"addressing_style": "path"}
            ),
        )

    def stack(self, region, name, parameters, **template):
        """Makes a stack, which has to succeed."""
        given = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ]
        client = self.client("cloudformation", region)
        client.create_stack(
            StackName=name, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"], **template
        )
        status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if status != "CREATE_COMPLETE":
            events = client.describe_stack_events(StackName=name)["StackEvents"]
            raise SystemExit(f"stack {name} in {region}: {status}: {events}")

    def url(self, region, name):
        """Where a template of the release is."""
        return f"https://{self.prefix}-{region}.s3.{region}.amazonaws.com/{RELEASE}/{name}.yaml"

    def buckets(self, region):
        """The buckets, and the release in them."""
        body = (TEMPLATES / "single-account.yaml").read_text()
        self.stack(
            region,
            "plumbline",
            {"CodeBucketPrefix": self.prefix, "HomeRegion": HOME},
            TemplateBody=body,
        )
        s3 = self.client("s3", region)
        s3.put_object(
            Bucket=f"{self.prefix}-{region}",
            Key=f"{RELEASE}/bootstrap.zip",
            Body=package(self.options.bootstrap),
        )
        for file in sorted(TEMPLATES.iterdir()):
            s3.put_object(
                Bucket=f"{self.prefix}-{region}",
                Key=f"{RELEASE}/{file.name}",
                Body=file.read_bytes(),
            )

    def recorder(self, region):
        """Create the recorder that rules need, unless it exists."""
        config = self.client("config", region)
        if not config.describe_configuration_recorders()["ConfigurationRecorders"]:
            role = f"arn:aws:iam::{self.options.account}:role/config"
            config.put_configuration_recorder(
                ConfigurationRecorder={"name": "default", "roleARN": role}
            )

    def roles(self):
        """The stack of the roles."""
        register = f"s3://{self.prefix}-register/register.json"
        url = self.url(HOME, "own-roles")
        self.stack(HOME, "plumbline-own-roles", {"Register": register}, TemplateURL=url)

    def functions(self, region, scope):
        """The stack of functions of a scope, with the rules that invoke them."""
        parameters = {
            "Release": RELEASE,
            "CodeBucketPrefix": self.prefix,
            "HomeRegion": HOME,
            "Register": f"s3://{self.prefix}-register/register.json",
            "ReservedConcurrency": "2",
            "AlarmTopicArn": f"arn:aws:sns:{HOME}:{self.options.account}:alarms",
            "LogKmsKeyArn": f"arn:aws:kms:{HOME}:{self.options.account}:key/{KEY}",
        }
        self.stack(
            region,
            f"plumbline-functions-{scope}",
            parameters,
            TemplateURL=self.url(region, f"functions-{scope}"),
        )

    def run(self):
        """Everything, in the order of a deployment."""
        for region in (HOME, SECOND):
            self.recorder(region)
            self.buckets(region)
        register = pathlib.Path(self.options.register).read_bytes()
        self.client("s3", HOME).put_object(
            Bucket=f"{self.prefix}-register", Key="register.json", Body=register
        )
        self.roles()
        for region, scopes in ((HOME, ("global", "regional")), (SECOND, ("regional",))):
            for scope in scopes:
                self.functions(region, scope)

    def report(self):
        """How the functions are configured, and the rules that invoke them."""
        report = {}
        for region in (HOME, SECOND):
            client = self.client("lambda", region)
            code = (
                self.client("s3", region)
                .get_object(Bucket=f"{self.prefix}-{region}", Key=f"{RELEASE}/bootstrap.zip")[
                    "Body"
                ]
                .read()
            )
            digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                (entry,) = archive.infolist()
                program = pathlib.Path(archive.extract(entry, self.options.extract))
                program.chmod(entry.external_attr >> 16)
            functions = {}
            for page in client.get_paginator("list_functions").paginate():
                for listed in page["Functions"]:
                    name = listed["FunctionName"]
                    functions[name] = client.get_function(FunctionName=name)["Configuration"]
                    functions[name]["CodeIsTheRelease"] = functions[name]["CodeSha256"] == digest
            rules = {}
            config = self.client("config", region)
            answer = {}
            while not rules or "NextToken" in answer:
                answer = config.describe_config_rules(
                    **({"NextToken": answer["NextToken"]} if answer else {})
                )
                rules.update({rule["ConfigRuleName"]: rule for rule in answer["ConfigRules"]})
            report[region] = {"program": str(program), "functions": functions, "rules": rules}
        return report


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("endpoint", "account", "bootstrap", "register", "extract"):
        parser.add_argument(f"--{name}", required=True)
    deployment = Deployment(parser.parse_args())
    deployment.run()
    print(json.dumps(deployment.report()))


if __name__ == "__main__":
    main()
