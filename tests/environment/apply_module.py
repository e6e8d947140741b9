#!/usr/bin/env python3
"""Deploys the stacks and stack sets of a Terraform module with boto3, in their order.

    python tests/environment/apply_module.py --endpoint http://127.0.0.1:PORT \\
        --account 111122223333 --deployments FILE --call-as SELF

The file has what tests/tests/suite/other_tools/module.py prints.
"""

import argparse
import json
import pathlib

import boto3


class Module:
    """The deployments of one account."""

    def __init__(self, options):
        """Begin with the options of the command line."""
        self.options = options
        self.sets = {}

    def client(self, region):
        """Return CloudFormation of a Region, with the credentials of the account."""
        return boto3.client(
            "cloudformation",
            region_name=region,
            endpoint_url=self.options.endpoint,
            aws_access_key_id=f"AKIA{self.options.account}TEST",
            aws_secret_access_key="any",
        )

    def create(self, region, **given):
        """Create a stack and wait for it."""
        client = self.client(region)
        client.create_stack(**given)
        client.get_waiter("stack_create_complete").wait(
            StackName=given["StackName"], WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )

    def stack(self, given):
        """Create a stack of the module."""
        self.create(
            given["region"],
            StackName=given["name"],
            TemplateURL=given["template_url"],
            Parameters=parameters(given),
            Capabilities=given["capabilities"],
        )

    def stack_set(self, given):
        """Remember a stack set: the environment creates stack sets with their instances."""
        self.sets[given["address"].rpartition(".")[2]] = given

    def instances(self, given):
        """Create a stack set with its instances, by a stack of this one resource."""
        stack_set = self.sets[given["address"].rpartition(".")[2]]
        targets = {"OrganizationalUnitIds": given["units"]}
        properties = {
            "StackSetName": stack_set["name"],
            "TemplateURL": stack_set["template_url"],
            "Parameters": parameters(stack_set),
            "Capabilities": stack_set["capabilities"],
            "PermissionModel": "SERVICE_MANAGED",
            "CallAs": self.options.call_as,
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
            "OperationPreferences": {"FailureTolerancePercentage": 100},
            "StackInstancesGroup": [{"DeploymentTargets": targets, "Regions": given["regions"]}],
        }
        resource = {"Type": "AWS::CloudFormation::StackSet", "Properties": properties}
        self.create(
            stack_set["region"],
            StackName=f"of-{stack_set['name']}",
            TemplateBody=json.dumps({"Resources": {"StackSet": resource}}),
        )

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
