"""Functions for tests that really run: a program that speaks the Runtime API."""

import io
import json
import sys
import zipfile

_LOOP = f"""#!{sys.executable}
import json, os, sys, time, urllib.request
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"

class Failure(Exception):
    pass

BODY

while True:
    with urllib.request.urlopen(API + "next") as got:
        identity, event = got.headers["Lambda-Runtime-Aws-Request-Id"], json.load(got)
    try:
        path, answer = "/response", handle(event)
    except Failure as problem:
        path, answer = "/error", {{"errorType": "Failure", "errorMessage": str(problem)}}
    urllib.request.urlopen(API + identity + path, json.dumps(answer).encode()).close()
"""
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def program(body):
    """The zip of a program, from the body of ``def handle(event):`` and what it needs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bootstrap", _LOOP.replace("BODY", body))
    return buffer.getvalue()


def role(account, name, service, *statements):
    """A role that a service of AWS may assume; its ARN."""
    iam = account.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    if statements:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    return made["Role"]["Arn"]


def function(account, name, body, **more):
    """A function with a program."""
    names = [one["RoleName"] for one in account.client("iam").list_roles()["Roles"]]
    if "function" not in names:
        role(account, "function", "lambda")
    account.client("lambda").create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Role=f"arn:aws:iam::{account.id}:role/function",
        Handler=name,
        Code={"ZipFile": program(body)},
        **more,
    )
