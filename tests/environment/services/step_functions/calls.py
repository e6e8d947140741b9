"""The operations on state machines and executions."""

import json
import re
import time
import uuid

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.stepfunctions.models import stepfunctions_backends
from moto.utilities.utils import get_partition

from access import buckets, callers
from access.policies import decision
from services import lambda_invocations
from services.step_functions.definitions import parsed
from services.step_functions.executions import Execution, Host, Record
from services.step_functions.values import MAX_BYTES, StateError
from strictaws import paging
from strictaws.wire import AwsError, json_result

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/]{1,80}")
_PAGE = 10
_MAX_PAGE = 1000


class StateMachines:
    """Handlers and state; one instance serves all accounts.

    ``invocations`` runs functions; state machines themselves are moto's.
    """

    def __init__(self, invocations, background):
        self._invocations, self._background = invocations, background
        self._record = Record()

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "CreateStateMachine": self.check,
            "UpdateStateMachine": self.check,
            "StartExecution": self.start,
            "StopExecution": self.stop,
            "DescribeExecution": self.describe,
            "ListExecutions": self.list,
            "DescribeMapRun": self.describe_run,
            "ListMapRuns": self.list_runs,
        }
        return {("stepfunctions", name): handler for name, handler in own.items()}

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    @staticmethod
    def check(call, _):
        """Reject definitions that AWS rejects."""
        if call.parameters.get("definition") is not None:
            parsed(call.parameters["definition"])

    def start(self, call, _):
        """Start an execution; one of the same name and input is the same."""
        given = call.parameters
        execution = self.begin(
            given.get("stateMachineArn") or "", given.get("name"), given.get("input") or "{}"
        )
        return json_result(call, {"executionArn": execution.arn, "startDate": execution.started})

    def begin(self, machine_arn, name, text):
        """Start an execution of a state machine."""
        machine = _machine(machine_arn)
        name = name or str(uuid.uuid4())
        if not _NAME.fullmatch(name):
            raise AwsError("InvalidName", f"Invalid Name: '{name}'")
        if len(text.encode()) > MAX_BYTES:
            raise AwsError("InvalidExecutionInput", f"The input is longer than {MAX_BYTES} bytes")
        try:
            value = json.loads(text)
        except ValueError as problem:
            message = f"Invalid State Machine Execution Input: '{problem}'"
            raise AwsError("InvalidExecutionInput", message) from problem
        arn = f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        before = self._record.executions.get(arn)
        if before is not None:
            if before.status == "RUNNING" and before.input == value:
                return before
            raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        execution = Execution(arn, machine_arn, name, value)
        account, region = machine_arn.split(":")[4], machine_arn.split(":")[3]
        role = role_of(machine.roleArn, account, region)
        host = Host(
            execution,
            self._record,
            lambda parameters: self._invoke(role, parameters, account, region),
            lambda bucket, key, body: self._write(role, bucket, key, body),
            lambda: _must_be_allowed(
                role, "states:StartExecution", machine_arn, "States.Permissions"
            ),
        )
        definition = parsed(machine.definition)
        self._record.start(execution, definition, host, self._background, account)
        return execution

    def _invoke(self, role, parameters, account, region):
        """The result of a Task that invokes a function."""
        name = parameters.get("FunctionName")
        with self._background.call():
            try:
                function = lambda_invocations.find(str(name), account, region)
            except AwsError as problem:
                raise StateError("Lambda.ResourceNotFoundException", problem.message) from problem
            _must_be_allowed(
                role,
                "lambda:InvokeFunction",
                function.function_arn,
                "Lambda.AWSLambdaException",
            )
            payload = json.dumps(parameters.get("Payload", {})).encode()
            work = self._invocations.prepared(function, payload)
        is_error, body = work()
        answer = json.loads(body or b"null")
        if is_error:
            raise StateError(answer.get("errorType") or "Lambda.Unknown", body.decode())
        return {"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200}

    def _write(self, role, bucket, key, body):
        """Write a file of results."""
        with self._background.call():
            arn = f"arn:{role.partition}:s3:::{bucket}/{key}"
            _must_be_allowed(role, "s3:PutObject", arn, "States.ResultWriterFailed")
            owner, found = buckets.owner_of(bucket)
            if found is None or not buckets.may(role, "s3:PutObject", bucket, key):
                raise StateError("States.ResultWriterFailed", f"Failed to write to {bucket}")
            s3_backends[owner][role.partition].put_object(bucket, key, body)

    def stop(self, call, _):
        """Stop an execution; functions that already run complete."""
        execution = self._execution(call)
        given = call.parameters
        execution.end("ABORTED", None, given.get("error"), given.get("cause"))
        return json_result(call, {"stopDate": execution.stopped or time.time()})

    def describe(self, call, _):
        """An execution with its input and output."""
        execution = self._execution(call)
        shown = {
            **_listed(execution),
            "input": json.dumps(execution.input),
            "inputDetails": {"included": True},
        }
        if execution.status == "SUCCEEDED":
            shown["output"] = json.dumps(execution.output)
            shown["outputDetails"] = {"included": True}
        for name in ("error", "cause"):
            if getattr(execution, name) is not None:
                shown[name] = getattr(execution, name)
        return json_result(call, shown)

    def list(self, call, _):
        """The executions of a state machine or of a map run, newest first, in pages."""
        given = call.parameters
        machine, run = given.get("stateMachineArn"), given.get("mapRunArn")
        if (machine is None) == (run is None):
            raise AwsError("ValidationException", "Specify stateMachineArn or mapRunArn.")
        if machine is not None:
            _machine(machine)
        else:
            self._run(run)
        found = [
            one
            for one in reversed(self._record.executions.values())
            if (one.map_run == run if run else one.machine_arn == machine)
            and given.get("statusFilter", one.status) == one.status
        ]
        part, more = _page(call, found, f"executions/{machine}/{run}")
        return json_result(call, {"executions": [_listed(one) for one in part], **more})

    def describe_run(self, call, _):
        """A map run with its counts."""
        run = self._run(call.parameters.get("mapRunArn"))
        counts = {
            "pending": run.total - len(run.children),
            "running": run.number("RUNNING"),
            "succeeded": run.number("SUCCEEDED"),
            "failed": run.number("FAILED"),
            "timedOut": 0,
            "aborted": 0,
            "total": run.total,
            "resultsWritten": run.written,
        }
        shown = {
            "mapRunArn": run.arn,
            "executionArn": run.execution_arn,
            "status": run.status,
            "startDate": run.started,
            "maxConcurrency": run.concurrency,
            "toleratedFailurePercentage": run.percentage,
            "toleratedFailureCount": run.count,
            "itemCounts": counts,
            "executionCounts": counts,
        }
        if run.stopped is not None:
            shown["stopDate"] = run.stopped
        return json_result(call, shown)

    def list_runs(self, call, _):
        """The map runs of an execution, in pages."""
        execution = self._execution(call)
        runs = [one for one in self._record.map_runs.values() if one.execution_arn == execution.arn]
        part, more = _page(call, runs, f"map-runs/{execution.arn}")
        shown = []
        for run in part:
            one = {
                "executionArn": run.execution_arn,
                "mapRunArn": run.arn,
                "stateMachineArn": run.machine_arn,
                "startDate": run.started,
            }
            shown.append(one | ({"stopDate": run.stopped} if run.stopped else {}))
        return json_result(call, {"mapRuns": shown, **more})

    def _execution(self, call):
        arn = call.parameters.get("executionArn") or ""
        found = self._record.executions.get(arn)
        if found is None or arn.split(":")[4] != call.account:
            raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found

    def _run(self, arn):
        if arn not in self._record.map_runs:
            raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'")
        return self._record.map_runs[arn]


def _machine(arn):
    """The state machine of an ARN."""
    parts = arn.split(":")
    if len(parts) != 7 or parts[5] != "stateMachine":
        raise AwsError("InvalidArn", f"Invalid Arn: '{arn}'")
    machines = stepfunctions_backends[parts[4]][parts[3]].state_machines
    found = next((one for one in machines if one.arn == arn), None)
    if found is None:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return found


def role_of(arn, account, region):
    """The role of a state machine as a caller."""
    partition = get_partition(region)
    roles = iam_backends[account][partition].get_roles()
    role = next((one for one in roles if one.arn == arn), None)
    name = arn.rpartition("/")[2]
    session = f"arn:{partition}:sts::{account}:assumed-role/{name}/states"
    return callers.Caller(account, partition, session, arn, role)


def _must_be_allowed(caller, action, resource, error):
    """End the execution if its role is denied an action."""
    statements = callers.identity_statements(caller.role) if caller.role else []
    if decision(statements, caller.request(action, resource)) != "Allow":
        message = (
            f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )
        raise StateError(error, message)


def _listed(execution):
    shown = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started,
    }
    if execution.map_run is not None:
        shown["mapRunArn"] = execution.map_run
    if execution.stopped is not None:
        shown["stopDate"] = execution.stopped
    return shown


def _page(call, items, listing):
    size = call.parameters.get("maxResults") or _MAX_PAGE
    try:
        part, following = paging.page(
            items, listing, call.parameters.get("nextToken"), min(size, _PAGE)
        )
    except paging.InvalidToken as problem:
        raise AwsError("InvalidToken", "Invalid Token") from problem
    return part, {"nextToken": following} if following else {}
