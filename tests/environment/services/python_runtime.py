"""The program of functions with a Python runtime: it runs in the folder of their code.

What a function prints goes to the log group of the function, which has to
exist: the environment creates none, as for a role without
``logs:CreateLogGroup``.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

import contextlib
import importlib
import io
import json
import os
import sys
import time
import traceback
import urllib.request

import boto3
from botocore.exceptions import BotoCoreError, ClientError


class Context:
    """What a handler knows of its invocation."""

    def __init__(self, request_id):
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]


def _log(text):
    lines = [line for line in text.splitlines() if line]
    if not lines:
        return
    logs = boto3.client("logs", region_name=os.environ["AWS_REGION"])
    where = {
        "logGroupName": os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        "logStreamName": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
    }
    now = int(time.time() * 1000)
    with contextlib.suppress(BotoCoreError, ClientError):
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**where)
        events = [{"timestamp": now, "message": line} for line in lines]
        logs.put_log_events(**where, logEvents=events)


def _handled(event, request_id):
    """The path and the body of the answer of the handler."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            module, name = os.environ["_HANDLER"].rsplit(".", 1)
            handler = getattr(importlib.import_module(module), name)
            return "/response", handler(event, Context(request_id))
    except Exception as problem:
        traceback.print_exc(file=printed)
        return "/error", {"errorType": type(problem).__name__, "errorMessage": str(problem)}
    finally:
        _log(printed.getvalue())


def main():
    """Handle events one after the other."""
    sys.path[0] = os.getcwd()
    api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
    while True:
        with urllib.request.urlopen(f"{api}next") as got:
            request_id = got.headers["Lambda-Runtime-Aws-Request-Id"]
            event = json.load(got)
        path, answer = _handled(event, request_id)
        urllib.request.urlopen(f"{api}{request_id}{path}", json.dumps(answer).encode()).close()


if __name__ == "__main__":
    main()
