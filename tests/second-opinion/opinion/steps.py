"""The steps of a run: an account, a scan, a deployment, evaluations, and the removal."""

import json
import os
import re
import subprocess
import zipfile
from collections import Counter
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from opinion import function
from opinion.account import HOME, SECOND, prepare
from opinion.emulators import ACCOUNT

#: The functions that run, by control: of the account, policies, buckets, trails, security groups.
PUBLISHED = {
    "1.8": "cis-1-8-password-length",
    "1.16": "cis-1-16-admin-policy",
    "2.1.1": "cis-2-1-1-bucket-encryption",
    "3.1": "cis-3-1-trail-all-regions",
    "5.2": "cis-5-2-sg-admin-ports-ipv4",
}
_REGIONS = ("--region", HOME, "--region", SECOND)
_TIMEOUT = 600
#: How long a call may need, in seconds: fakecloud creates a stack within the call.
_CALL = 240
_WAIT = {"Delay": 1, "MaxAttempts": 120}


def write_code(path):
    """Write a zip file whose program is a file header: the emulators do not run it."""
    header = bytearray(20)
    # 64 bits, little-endian, x86-64.
    header[:6], header[18] = b"\x7fELF\x02\x01", 62
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.create_system, entry.external_attr = 3, 0o100755 << 16
        archive.writestr(entry, bytes(header))


def fallback(handler):
    """Return the configuration of a function that was not deployed."""
    name = f"plumbline-{handler}"
    return {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:{HOME}:{ACCOUNT}:function:{name}",
        "Handler": handler,
    }


class Run:
    """One run against one emulator. `results` has what is compared, by name."""

    def __init__(self, emulator, recorder, options, folder):
        self.emulator, self.recorder = emulator, recorder
        self.folder = Path(folder)
        self.plumbline = str(Path(options.plumbline).resolve())
        self.bootstrap = str(Path(options.bootstrap).resolve())
        self.code = str(self.folder / "code.zip")
        self.results = {}
        #: The commands that ran, for the report.
        self.commands = []
        self.variables = {
            "AWS_ENDPOINT_URL": recorder.endpoint,
            "AWS_REGION": HOME,
            "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}TEST",
            "AWS_SECRET_ACCESS_KEY": "not-checked",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PLUMBLINE_ATTEMPT_TIMEOUT_MS": "60000",
        }

    def all(self):
        """Run all steps in order."""
        write_code(self.code)
        for step in (
            self.prepare,
            self.scan,
            self.plan,
            self.deploy,
            self.deployed,
            self.publish,
            self.destroy,
        ):
            self.phase(step.__name__)
            step()
        self.phase("destroyed")
        self.deployed()

    def phase(self, name):
        """Begin a phase: calls that arrive from now on belong to it."""
        self.recorder.phase = name

    def result(self, name, value):
        """Store a result under the name of the current phase."""
        self.results[f"{self.recorder.phase} {name}"] = str(value)

    def client(self, service, region):
        """Return a client of boto3 that calls through the recorder."""
        return boto3.client(
            service,
            endpoint_url=self.recorder.endpoint,
            region_name=region,
            aws_access_key_id=f"AKIA{ACCOUNT}TEST",
            aws_secret_access_key="not-checked",
            config=Config(
                retries={"max_attempts": 1}, read_timeout=_CALL, s3={"addressing_style": "path"}
            ),
        )

    def command(self, name, *arguments):
        """Run `plumbline`, keep its output in the folder, and return its standard output."""
        shown = ["FILE" if one == self.code else one for one in arguments]
        self.commands.append(" ".join(["plumbline", *shown]))
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent"}
        done = subprocess.run(
            [self.plumbline, *arguments],
            env={**environment, **self.variables},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        text = f"{' '.join(arguments)}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        (self.folder / f"{name}.txt").write_text(text)
        self.result(f"exit code of {name}", done.returncode)
        return done.stdout

    def prepare(self):
        """Create the account."""
        for step, error in prepare(self.client).items():
            self.result(f"error in {step}", error)

    def scan(self):
        """Scan, and store the verdict of each control."""
        output = self.command("scan", "scan", "--format", "json", *_REGIONS)
        try:
            account = json.loads(output)["accounts"][0]
        except (ValueError, LookupError):
            return
        for control in account["controls"]:
            self.result(f"verdict {control['id']}", control["status"])

    def plan(self):
        """Plan the deployment, which only reads."""
        self.command("plan", *self.deployment(), "--dry-run")

    def deployment(self):
        """Return the arguments of the deployment."""
        return (
            "deploy",
            "--single-account",
            "--code",
            self.code,
            "--any-code-version",
            *_REGIONS,
        )

    def deploy(self):
        """Let `plumbline` create the buckets and upload, and create stacks of the templates.

        It would update its stack to one with nested stacks, with a change set: at that,
        fakecloud locks its state twice and stops. It creates a stack without a change set.
        """
        output = self.command("deploy", *self.deployment(), "--only-code", "--apply")
        values = dict(re.findall(r'^(\w+) += "([^"]*)"$', output, re.MULTILINE))
        self.result("buckets and code are deployed", sorted(values))
        if "code_bucket_prefix" in values:
            self.stack("functions-global", HOME, values)
            for region in (HOME, SECOND):
                self.stack("functions-regional", region, values)

    def stack(self, template, region, values):
        """Create a stack of a template in the bucket, and wait for its end."""
        prefix, release = values["code_bucket_prefix"], values["release"]
        parameters = {
            "Architecture": values["architecture"],
            "CodeBucketPrefix": prefix,
            "HomeRegion": HOME,
            "Packs": "off",
            "Register": f"s3://{prefix}-register/register.json",
            "RegisterOwner": ACCOUNT,
            "Release": release,
            "Roles": "functions-global",
        }
        client, name = self.client("cloudformation", region), f"plumbline-{template}"
        try:
            client.create_stack(
                StackName=name,
                TemplateURL=f"https://{prefix}-{region}.s3.{region}.amazonaws.com/"
                f"{release}/{template}.yaml",
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value}
                    for key, value in parameters.items()
                ],
            )
            client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=_WAIT)
        except (BotoCoreError, ClientError) as error:
            self.result(f"error of stack {name} in {region}", str(error))

    def destroy(self):
        """Delete the stacks of the templates, and let `plumbline` delete its own."""
        for template, region in (
            ("functions-regional", SECOND),
            ("functions-regional", HOME),
            ("functions-global", HOME),
        ):
            client, name = self.client("cloudformation", region), f"plumbline-{template}"
            try:
                client.delete_stack(StackName=name)
                client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=_WAIT)
            except (BotoCoreError, ClientError) as error:
                self.result(f"error of stack {name} in {region}", str(error))
        self.command("destroy", "destroy", "--single-account", *_REGIONS, "--apply")

    def deployed(self):
        """Read what is deployed in each Region, without `plumbline`."""
        for region in (HOME, SECOND):
            functions = self.items("lambda", region, "list_functions", "Functions")
            rules = self.rules(region)
            self.result(f"functions in {region}", len(functions))
            self.result(f"rules in {region}", len(rules))
            for stack in self.items("cloudformation", region, "describe_stacks", "Stacks"):
                name = stack["StackName"]
                self.result(f"stack {name} in {region}", stack["StackStatus"])
                self.resources(name, region)

    def resources(self, name, region):
        """Store the number of resources of the stack by type and status."""
        found = self.items(
            "cloudformation",
            region,
            "list_stack_resources",
            "StackResourceSummaries",
            StackName=name,
        )
        counts = Counter(f"{one['ResourceType']} {one['ResourceStatus']}" for one in found)
        for kind, count in counts.items():
            self.result(f"resources of {name} in {region}: {kind}", count)

    def items(self, service, region, operation, member, **arguments):
        """Return all items of an operation with pages, or none if it fails."""
        try:
            pages = self.client(service, region).get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page.get(member, [])]
        except (BotoCoreError, ClientError) as error:
            self.result(f"error of {service} {operation} in {region}", type(error).__name__)
            return []

    def rules(self, region):
        """Return the rules of a Region."""
        return self.items("config", region, "describe_config_rules", "ConfigRules")

    def publish(self):
        """Run deployed functions of the home Region, which put their results, and read these."""
        functions = self.items("lambda", HOME, "list_functions", "Functions")
        for control, handler in PUBLISHED.items():
            configuration = next((one for one in functions if one["Handler"] == handler), None)
            self.result(f"function of {control} exists", configuration is not None)
            try:
                self.evaluate(control, configuration or fallback(handler))
            except (BotoCoreError, ClientError) as error:
                self.result(f"error of {control}", str(error))

    def evaluate(self, control, configuration):
        """Run a function for a scheduled event of a rule, which is created for it.

        The rules of packs are not used: an emulator may know packs only by name.
        """
        config, name = self.client("config", HOME), f"opinion-{control}"
        config.put_config_rule(
            ConfigRule={
                "ConfigRuleName": name,
                "Source": {
                    "Owner": "CUSTOM_LAMBDA",
                    "SourceIdentifier": configuration["FunctionArn"],
                    "SourceDetails": [
                        {
                            "EventSource": "aws.config",
                            "MessageType": "ScheduledNotification",
                            "MaximumExecutionFrequency": "TwentyFour_Hours",
                        }
                    ],
                },
            }
        )
        rule = config.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"][0]
        token = self.emulator.result_token(HOME, rule["ConfigRuleName"])
        invocation = function.event(rule, HOME, token)
        kind, document, log = function.run(
            self.bootstrap, configuration, self.variables, invocation
        )
        text = f"{json.dumps(invocation)}\n{kind}\n{json.dumps(document)}\n{log}"
        (self.folder / f"function {control}.txt").write_text(text)
        self.result(f"function of {control} ends with", kind)
        found = self.items(
            "config",
            HOME,
            "get_compliance_details_by_config_rule",
            "EvaluationResults",
            ConfigRuleName=rule["ConfigRuleName"],
        )
        counts = Counter(
            f"{one['EvaluationResultIdentifier']['EvaluationResultQualifier']['ResourceType']}"
            f" {one['ComplianceType']}"
            for one in found
        )
        self.result(
            f"results of {control}",
            ", ".join(f"{count} {name}" for name, count in sorted(counts.items())),
        )
        config.delete_config_rule(ConfigRuleName=name)
