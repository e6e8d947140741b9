"""The function that AWS Config invokes. It logs its event and, in the member account, reports.

This file is its whole code: it imports nothing of this package.
"""

import json
import os

import boto3


def handle(event, _):
    """Log an event of AWS Config, without its token, and send the results that were asked for."""
    parameters = json.loads(event.get("ruleParameters") or "{}")
    answer = None if "SILENT" in os.environ else parameters.get("answer")
    outcome = "sent nothing"
    if event.get("accountId") == os.environ["MEMBER"] and answer:
        try:
            _send(event, answer)
            outcome = f"sent {answer}"
        except Exception as problem:
            outcome = f"failed: {type(problem).__name__}: {problem}"
    shown = {name: value for name, value in event.items() if name != "resultToken"}
    print(json.dumps({"plumbline-verify": shown, "outcome": outcome}), flush=True)
    return outcome


def _send(event, answer):
    """Put one result, or an empty list, with the role of the member account."""
    region = os.environ["AWS_REGION"]
    sts = boto3.client("sts", region_name=region)
    made = sts.assume_role(RoleArn=os.environ["ROLE"], RoleSessionName="plumbline-verify")
    keys = made["Credentials"]
    config = boto3.client(
        "config",
        region_name=region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    invoking = json.loads(event["invokingEvent"])
    result = {
        "ComplianceResourceType": "AWS::::Account",
        "ComplianceResourceId": event["accountId"],
        "ComplianceType": "NON_COMPLIANT",
        "Annotation": "A result of plumbline-verify.",
        "OrderingTimestamp": invoking["notificationCreationTime"],
    }
    results = [] if answer == "nothing" else [result]
    config.put_evaluations(Evaluations=results, ResultToken=event["resultToken"])
