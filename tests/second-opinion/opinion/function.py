"""Runs the function of a rule for one event, with a Runtime API of its own."""

import json
import os
import subprocess
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opinion.emulators import ACCOUNT

#: How long one invocation may need, in seconds.
_TIMEOUT = 120


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """The function is killed while it waits for its next event."""


def event(rule, region, token):
    """Return the scheduled event of a rule, which is an item of `DescribeConfigRules`.

    See "Example Events for AWS Config Rules" in the AWS Config developer guide.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "version": "1.0",
        "invokingEvent": json.dumps(
            {
                "awsAccountId": ACCOUNT,
                "notificationCreationTime": now,
                "messageType": "ScheduledNotification",
                "recordVersion": "1.0",
            }
        ),
        "ruleParameters": rule.get("InputParameters") or "{}",
        "resultToken": token,
        "eventLeftScope": False,
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/config",
        "configRuleArn": rule["ConfigRuleArn"],
        "configRuleName": rule["ConfigRuleName"],
        "configRuleId": rule["ConfigRuleId"],
        "accountId": ACCOUNT,
    }


def run(program, configuration, variables, invocation):
    """Run the function for one event; return how it ended, its document, and its log."""
    done = threading.Event()
    outcome = []
    given = {
        "Lambda-Runtime-Aws-Request-Id": "00000000-0000-4000-8000-000000000001",
        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + _TIMEOUT) * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": configuration["FunctionArn"],
        "Content-Type": "application/json",
    }

    class Runtime(BaseHTTPRequestHandler):
        """The Runtime API of AWS Lambda for a single invocation."""

        protocol_version = "HTTP/1.1"
        waits = iter([True])

        def do_GET(self):
            """Return the event once; later calls wait until the function is stopped."""
            if not next(self.waits, False):
                done.wait(_TIMEOUT)
                return
            self._send(200, given, json.dumps(invocation).encode())

        def do_POST(self):
            """Receive the response or the error."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            outcome.append((self.path.rpartition("/")[2], json.loads(body or b"null")))
            self._send(202, {}, b"")
            done.set()

        def _send(self, status, headers, body):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Print nothing."""

    server = _Server(("127.0.0.1", 0), Runtime)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": "/nonexistent",
        **configuration.get("Environment", {}).get("Variables", {}),
        **variables,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "_HANDLER": configuration["Handler"],
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "PLUMBLINE_JITTER_MS": "0",
    }
    process = subprocess.Popen(
        [program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    ended = done.wait(_TIMEOUT)
    process.kill()
    log = process.communicate()[0].decode("utf-8", "replace")
    server.shutdown()
    server.server_close()
    return (*outcome[0], log) if ended else ("ended", "the function did not respond", log)
