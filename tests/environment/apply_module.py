#!/usr/bin/env python3
"""Deploys the stacks and stack sets of a Terraform module with boto3, in their order.

    python tests/environment/apply_module.py --endpoint http://127.0.0.1:PORT \\
        --account 111122223333 --deployments FILE --call-as SELF

The file has what tests/tests/suite/other_tools/module.py prints.
"""

import argparse
import json
import pathlib
import time

import boto3

IN_PROGRESS = "RUNNING", "QUEUED", "STOPPING"


class Module:
    """The deployments of one account."""

    def __init__(self, options):
        """Begin with the options of the command line."""
        self.options = options
        self.names = {}

    def client(self, region):
        """Return CloudFormation of a Region, with the credentials of the account."""
        return boto3.client(
            "cloudformation",
            region_name=region,
            endpoint_url=self.options.endpoint,
            aws_access_key_id=f"AKIA{self.options.account}TEST",
            aws_secret_access_key="any",
        )

    def stack(self, given):
        """Create a stack and wait for it."""
        client = self.client(given["region"])
        client.create_stack(
            StackName=given["name"],
            TemplateURL=given["template_url"],
            Parameters=parameters(given),
            Capabilities=given["capabilities"],
        )
        client.get_waiter("stack_create_complete").wait(
            StackName=given["name"], WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def stack_set(self, given):
        """Create a stack set without instances."""
        self.client(given["region"]).create_stack_set(
            StackSetName=given["name"],
            TemplateURL=given["template_url"],
            Parameters=parameters(given),
            Capabilities=given["capabilities"],
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
            CallAs=self.options.call_as,
        )
        self.names[given["address"].rpartition(".")[2]] = given["name"], given["region"]

    def instances(self, given):
        """Create the instances of a stack set and wait for them."""
        name, home = self.names[given["address"].rpartition(".")[2]]
        client = self.client(home)
        operation = client.create_stack_instances(
            StackSetName=name,
            DeploymentTargets={"OrganizationalUnitIds": given["units"]},
            Regions=given["regions"],
            OperationPreferences={"FailureTolerancePercentage": 100},
            CallAs=self.options.call_as,
        )["OperationId"]
        for _ in range(120):
            status = client.describe_stack_set_operation(
                StackSetName=name, OperationId=operation, CallAs=self.options.call_as
            )["StackSetOperation"]["Status"]
            if status not in IN_PROGRESS:
                break
            time.sleep(1)
        assert status == "SUCCEEDED", f"{name}: {status}"

    def apply(self, deployments):
        """Create everything in its order."""
        kinds = {
            "aws_cloudformation_stack": self.stack,
            "aws_cloudformation_stack_set": self.stack_set,
            "aws_cloudformation_stack_instances": self.instances,
        }
        for one in deployments:
            kinds[one["address"].partition(".")[0]](one)


def parameters(given):
    """Return the parameters as the API takes them, with numbers as texts."""
    return [
        {"ParameterKey": name, "ParameterValue": str(value)}
        for name, value in given["parameters"].items()
    ]


def main():
    """Deploy the file."""
    parser = argparse.ArgumentParser()
    for name in ("endpoint", "account", "deployments", "call-as"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    read = json.loads(pathlib.Path(options.deployments).read_text(encoding="utf-8"))
    Module(options).apply(read["deployments"])


if __name__ == "__main__":
    main()
