"""Prints what AWS would refuse of commands of the AWS CLI, a command in each line of the input.

The AWS CLI itself parses each command, in this process and without calling AWS. What it would send
is compared with the model of the operation: required members and types by botocore, lengths, values
and patterns of texts here.
"""

import contextlib
import io
import os
import re
import shlex
import sys

from awscli.clidriver import create_clidriver

# What a person fills in, by the variable.
VALUES = {
    "ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "ACCESS_LOG_BUCKET": "access-logs",
    "ADMIN_NETWORK": "198.51.100.0/24",
    "ADMIN_NETWORK_IPV6": "2001:db8::/48",
    "ALARM_EMAIL": "alarms@example.com",
    "CONFIG_BUCKET": "config-bucket",
    "CONFIG_ROLE_ARN": "arn:aws:iam::111122223333:role/config",
    "GROUP": "operators",
    "INSTANCE_PROFILE": "web",
    "LOG_GROUP_ARN": "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
    "LOG_ROLE_ARN": "arn:aws:iam::111122223333:role/trail",
    "MFA_CODE": "123456",
    "MFA_NEXT_CODE": "654321",
    "MFA_SERIAL": "arn:aws:iam::111122223333:mfa/alice",
    "PEER_NETWORK": "10.1.2.0/24",
    "PRIMARY_REGION": "eu-west-1",
    "SECURITY_EMAIL": "security@example.com",
    "SECURITY_NAME": "Security",
    "SECURITY_PHONE": "+1 555 0100",
    "SECURITY_TITLE": "Team",
    "SUPPORT_ROLE": "support",
    "TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:plumbline-alarms",
    "TRAIL_BUCKET": "trail-bucket",
    "TRAIL_KEY_ARN": "arn:aws:kms:us-east-1:111122223333:key/1b2c3d4e-0000-4000-8000-00000000000b",
}

faults = []
sent = []


def check_text(metadata, text, path):
    if "enum" in metadata and text not in metadata["enum"]:
        faults.append(f"{path} is {text!r}, none of {metadata['enum']}")
    if not metadata.get("min", 0) <= len(text) <= metadata.get("max", len(text)):
        faults.append(f"{path} has {len(text)} characters: {metadata}")
    # Python has no classes such as \p{L}; what uses them takes nearly everything.
    pattern = metadata.get("pattern", "")
    if "\\p{" not in pattern and pattern and not re.search(f"^(?:{pattern})$", text):
        faults.append(f"{path} is {text!r}, which is not {pattern}")


def check(shape, value, path):
    if shape.type_name == "structure":
        for name, member in value.items():
            check(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        if not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)):
            faults.append(f"{path} has {len(value)} elements: {shape.metadata}")
        for element in value:
            check(shape.member, element, f"{path}[]")
    elif shape.type_name == "string":
        check_text(shape.metadata, value, path)
    elif shape.type_name in ("integer", "long"):
        least, most = shape.metadata.get("min", value), shape.metadata.get("max", value)
        if not least <= value <= most:
            faults.append(f"{path} is {value}: {shape.metadata}")


def before_parameters(params, model, **_):
    check(model.input_shape, params, model.name)


def instead_of_a_call(params, model, **_):
    sent.append(model.name)
    response = type("Response", (), {"status_code": 200, "headers": {}})()
    return response, {"ResponseMetadata": {"HTTPStatusCode": 200}}


def fill_in(variable):
    name = variable[1]
    if name not in VALUES:
        faults.append(f"no value is known for {name}")
    return shlex.quote(VALUES.get(name, ""))


os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_CONFIG_FILE=os.devnull)
driver = create_clidriver()
driver.session.register("provide-client-params.*.*", before_parameters)
driver.session.register("before-call.*.*", instead_of_a_call)
for line in sys.stdin:
    faults.clear()
    sent.clear()
    text = re.sub(r'"\$([A-Z0-9_]+)"', fill_in, line.strip())
    words = shlex.split(text.removesuffix(")") if text.startswith("PRIMARY_REGION=$(") else text)
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            driver.main(words[1:])
        except SystemExit:
            pass
    if len(sent) != 1 or faults:
        print(line.strip(), faults, errors.getvalue().strip())
