"""``Invoke``: runs functions with the credentials of their roles."""

import base64
import json
import os

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import get_backend
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from services.lambda_runtime import Failed, path_variables
from strictaws.wire import AwsError, Response, request_id

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD = 6 * 1024 * 1024


class Invocations:
    """Handlers and state; one instance serves all accounts. ``runtime`` runs programs."""

    def __init__(self, runtime, background):
        self._runtime, self._background = runtime, background
        self._variables = {}
        self._sessions = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("lambda", "Invoke"): self.invoke}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "lambda/variables"): self.set_variables}

    def set_variables(self, given):
        """Add variables to all functions of an account that run here."""
        self._variables[given["account"]] = dict(given["variables"])
        return {"variables": given["variables"]}

    def invoke(self, call, _):
        """Run a function, and answer as it does."""
        function = _find(call.uri["FunctionName"], call.account, call.region)
        kind = call.header("X-Amz-Invocation-Type") or "RequestResponse"
        if len(call.body) > MAX_PAYLOAD:
            message = f"{len(call.body)} byte payload is too large"
            raise AwsError("RequestTooLargeException", message, 413)
        if kind == "DryRun":
            return Response(204, {})
        event = call.body or b"{}"
        if kind == "Event":
            work = self.prepared(function, event)

            def run():
                with self._background.released():
                    work()

            self._background.start(call.account, run)
            return Response(202, {})
        head = {"X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": request_id()}
        work = self.prepared(function, event)
        with self._background.released():
            is_error, body = work()
        if is_error:
            head["X-Amz-Function-Error"] = "Unhandled"
        if call.header("X-Amz-Log-Type") == "Tail":
            head["X-Amz-Log-Result"] = base64.b64encode(b"").decode()
        return Response(200, head, body)

    def prepared(self, function, event):
        """Run a function without the lock; whether that is an error, and the answer."""
        code, arn = function.code_bytes, function.function_arn
        is_python = (function.run_time or "").startswith("python")
        settings, timeout = self._settings(function), int(function.timeout)

        def work():
            try:
                return False, self._runtime.run(code, settings, event, timeout, arn, is_python)
            except Failed as problem:
                return True, json.dumps(problem.document).encode()

        return work

    def _settings(self, function):
        """The variables of a function's program, with credentials of its role."""
        account, region = function.account_id, function.region
        key = (account, region, function.role)
        if key not in self._sessions:
            backend = sts_backends[account][get_partition(region)]
            name = function.function_name
            self._sessions[key] = backend.assume_role(region, name, function.role, None, 3600, None)
        session = self._sessions[key]
        return {
            **path_variables(),
            "AWS_ACCESS_KEY_ID": session.access_key_id,
            "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
            "AWS_SESSION_TOKEN": session.session_token,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ.get('MOTO_PORT', '')}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.function_name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "_HANDLER": function.handler or "",
            **(function.environment_vars or {}),
            **self._variables.get(account, {}),
        }


def _find(name, account, region):
    """The function of a name or an ARN."""
    parts = name.split(":")
    if len(parts) >= 7:
        region, account, name = parts[3], parts[4], parts[6]
    try:
        return get_backend(account, region).get_function(name)
    except UnknownFunctionException as problem:
        arn = f"arn:{get_partition(region)}:lambda:{region}:{account}:function:{name}"
        message = f"Function not found: {arn}"
        raise AwsError("ResourceNotFoundException", message, 404) from problem


find = _find
