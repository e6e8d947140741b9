"""Executions and map runs: their data, and how they run."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.step_functions.interpreter import Interpreter
from services.step_functions.values import StateError

#: How many functions run at the same time here, whatever a definition allows.
_WORKERS = 4


@dataclass
class Execution:
    """One execution, of a state machine or of an item of a map run."""

    arn: str
    machine_arn: str
    name: str
    input: Any
    map_run: str = None
    status: str = "RUNNING"
    output: Any = None
    error: str = None
    cause: str = None
    started: float = field(default_factory=time.time)
    stopped: float = None

    def end(self, status, output=None, error=None, cause=None):
        """Record how it ended; a stopped one stays stopped."""
        if self.status == "RUNNING":
            self.status, self.output, self.error, self.cause = status, output, error, cause
            self.stopped = time.time()


@dataclass
class MapRun:
    """The executions of one distributed Map state."""

    arn: str
    execution_arn: str
    machine_arn: str
    concurrency: int
    percentage: float
    count: int
    total: int
    children: list = field(default_factory=list)
    status: str = "RUNNING"
    written: int = 0
    started: float = field(default_factory=time.time)
    stopped: float = None

    def number(self, status):
        """How many executions have a status."""
        return sum(one.status == status for one in list(self.children))

    @property
    def is_exceeded(self):
        """Whether more executions failed than are tolerated."""
        failed = self.number("FAILED")
        if failed == 0:
            return False
        by_percentage = failed * 100 > self.percentage * self.total
        by_count = failed > self.count
        if self.percentage and self.count:
            return by_percentage or by_count
        return by_count if self.count else by_percentage


class Host:
    """The dependencies of an execution: functions, map runs, and buckets for their results.

    ``invoke`` and ``write`` are called without the lock of the environment.
    """

    def __init__(self, execution, record, invoke, write, may_start):
        self._execution, self._record = execution, record
        self.invoke, self._write, self._may_start = invoke, write, may_start

    def map_run(self, state, inputs, run):
        """Run the items of a distributed Map, each as a separate execution."""
        self._may_start()
        run_of = self._new_run(state, len(inputs))
        at_once = max(1, min(run_of.concurrency or _WORKERS, _WORKERS))
        with ThreadPoolExecutor(at_once) as pool:
            ended = list(pool.map(lambda pair: self._child(run_of, pair, run), inputs))
        writer, details = state.get("ResultWriter"), None
        if writer is not None:
            details = self._write_results(run_of, writer["Parameters"])
        run_of.stopped = time.time()
        if self._execution.status != "RUNNING":
            run_of.status = "ABORTED"
            raise StateError("States.Runtime", "The execution was stopped")
        if run_of.is_exceeded:
            run_of.status = "FAILED"
            message = "The specified tolerated failure threshold was exceeded"
            raise StateError("States.ExceedToleratedFailureThreshold", message)
        run_of.status = "SUCCEEDED"
        if details is not None:
            return {"MapRunArn": run_of.arn, "ResultWriterDetails": details}
        # In the order of the items, regardless of which execution began first.
        return [
            one.output if one.status == "SUCCEEDED" else result_of(one)
            for one in ended
            if one is not None
        ]

    def _new_run(self, state, total):
        label = state.get("Label") or str(uuid.uuid4())
        base = self._execution.machine_arn
        arn = f"{base.replace(':stateMachine:', ':mapRun:')}/{label}:{uuid.uuid4()}"
        made = MapRun(
            arn,
            self._execution.arn,
            f"{base}/{label}",
            int(state.get("MaxConcurrency", 0)),
            float(state.get("ToleratedFailurePercentage", 0)),
            int(state.get("ToleratedFailureCount", 0)),
            total,
        )
        self._record.map_runs[arn] = made
        return made

    def _child(self, run_of, pair, run):
        if run_of.is_exceeded or self._execution.status != "RUNNING":
            return None
        context, value = pair
        name = str(uuid.uuid4())
        prefix = run_of.machine_arn.replace(":stateMachine:", ":execution:")
        child = Execution(f"{prefix}:{name}", run_of.machine_arn, name, value, run_of.arn)
        self._record.executions[child.arn] = child
        run_of.children.append(child)
        perform(child, lambda: run(context, value))
        return child

    def _write_results(self, run_of, parameters):
        """Write the result files as AWS does; return their location."""
        prefix = parameters.get("Prefix", "").rstrip("/")
        folder = f"{prefix}/" if prefix else ""
        folder += run_of.arn.rpartition(":")[2]
        files = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        for status in ("FAILED", "SUCCEEDED"):
            results = [result_of(one) for one in run_of.children if one.status == status]
            if results:
                body = json.dumps(results).encode()
                key = f"{folder}/{status}_0.json"
                self._write(parameters["Bucket"], key, body)
                files[status].append({"Key": key, "Size": len(body)})
                run_of.written += len(results)
        manifest = {
            "DestinationBucket": parameters["Bucket"],
            "MapRunArn": run_of.arn,
            "ResultFiles": files,
        }
        key = f"{folder}/manifest.json"
        self._write(parameters["Bucket"], key, json.dumps(manifest).encode())
        return {"Bucket": parameters["Bucket"], "Key": key}


def result_of(execution):
    """An ended execution in the form of result files."""
    shown = {
        "ExecutionArn": execution.arn,
        "Input": json.dumps(execution.input),
        "InputDetails": {"Included": True},
        "Name": execution.name,
        "StartDate": _time(execution.started),
        "StateMachineArn": execution.machine_arn,
        "Status": execution.status,
        "StopDate": _time(execution.stopped),
    }
    if execution.status == "SUCCEEDED":
        shown["Output"] = json.dumps(execution.output)
        shown["OutputDetails"] = {"Included": True}
    else:
        shown |= {"Error": execution.error, "Cause": execution.cause}
    return shown


def _time(seconds):
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def perform(execution, run):
    """Run an execution to its end."""
    try:
        execution.end("SUCCEEDED", run())
    except StateError as problem:
        execution.end("FAILED", None, problem.error, problem.cause)
    except NotImplementedError as problem:
        execution.end("FAILED", None, "TestEnvironmentFailure", str(problem))


class Record:
    """All executions and map runs, by ARN."""

    def __init__(self):
        self.executions = {}
        self.map_runs = {}

    def start(self, execution, definition, host, background, account):
        """Run an execution in the background."""
        context = {
            "Execution": {"Id": execution.arn, "Input": execution.input, "Name": execution.name},
            "StateMachine": {"Id": execution.machine_arn},
        }
        self.executions[execution.arn] = execution

        def work():
            with background.released():
                interpreter = Interpreter(host)
                perform(execution, lambda: interpreter.run(definition, execution.input, context))

        background.start(account, work)
