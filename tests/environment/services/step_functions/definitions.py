"""Definitions of state machines, checked as AWS checks them when it creates one.

The schema of cfn-lint checks the structure. This module checks the rest:
targets, unreachable states, rules of choices, resources, and paths. A feature
that this environment does not support is a NotImplementedError, and not an AWS
error.
"""

import functools
import json
import re
from importlib import resources

from cfnlint.jsonschema import StandardValidator

from services.step_functions.choices import COMPARISONS, PRESENCE
from services.step_functions.values import steps_of
from strictaws.wire import AwsError

#: Fields with names of other states.
_ENDS = ("Succeed", "Fail")
_PATHS = ("InputPath", "OutputPath", "ResultPath", "ItemsPath")
_UNKNOWN = ("Assign", "Credentials", "HeartbeatSeconds", "ItemBatcher", "ItemReader", "Output")
INVOKE = re.compile(r"arn:aws[a-z-]*:states:::lambda:invoke")
PUT = re.compile(r"arn:aws[a-z-]*:states:::s3:putObject")
MAX_BYTES = 1_048_576


@functools.cache
def _validator():
    package = resources.files("cfnlint.data.schemas.other.step_functions")
    return StandardValidator(json.loads((package / "statemachine.json").read_text()))


def parsed(text):
    """The data of a valid definition."""
    if len(text.encode()) > MAX_BYTES:
        raise _invalid("SCHEMA_VALIDATION_FAILED", "the definition is too long", "/")
    try:
        definition = json.loads(text)
    except ValueError as problem:
        raise _invalid("INVALID_JSON_DESCRIPTION", str(problem), "/") from problem
    if not isinstance(definition, dict):
        raise _invalid("SCHEMA_VALIDATION_FAILED", "a definition is an object", "/")
    if definition.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise NotImplementedError("JSONata is not in the test environment")
    problem = next(iter(_validator().iter_errors(definition)), None)
    if problem is not None:
        path = "/" + "/".join(str(one) for one in problem.path)
        raise _invalid("SCHEMA_VALIDATION_FAILED", problem.message[:200], path)
    _check_states(definition, "")
    return definition


def _invalid(code, problem, path):
    message = f"Invalid State Machine Definition: '{code}: {problem} at {path}'"
    return AwsError("InvalidDefinition", message)


def _check_states(part, path):
    states = part["States"]
    reached = {_target(part["StartAt"], states, f"{path}/StartAt")}
    for name, state in states.items():
        reached.update(_check_state(state, states, f"{path}/States/{name}"))
    for name in states:
        if name not in reached:
            problem = f'State "{name}" is not reachable.'
            raise _invalid("MISSING_TRANSITION_TARGET", problem, f"{path}/States/{name}")


def _target(name, states, path):
    if name not in states:
        raise _invalid("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {name}", path)
    return name


def _check_state(state, states, path):
    """The states that a valid state leads to."""
    kind = state["Type"]
    for field in _UNKNOWN:
        if field in state:
            raise NotImplementedError(f"{field} is not in the test environment")
    for field in _PATHS:
        if isinstance(state.get(field), str):
            steps_of(state[field])
    targets = []
    if kind not in (*_ENDS, "Choice"):
        if ("Next" in state) == ("End" in state):
            problem = "A state has either Next or End"
            raise _invalid("SCHEMA_VALIDATION_FAILED", problem, path)
        if "Next" in state:
            targets.append(state["Next"])
    for number, catcher in enumerate(state.get("Catch", [])):
        _target(catcher["Next"], states, f"{path}/Catch[{number}]/Next")
        targets.append(catcher["Next"])
    if kind == "Choice":
        if not state.get("Choices"):
            raise _invalid("SCHEMA_VALIDATION_FAILED", "Choices is empty", path)
        for number, rule in enumerate(state["Choices"]):
            where = f"{path}/Choices[{number}]"
            _check_rule(rule, where)
            targets.append(_target(rule.get("Next"), states, f"{where}/Next"))
        if "Default" in state:
            targets.append(_target(state["Default"], states, f"{path}/Default"))
    elif kind == "Task":
        if not INVOKE.fullmatch(state["Resource"]):
            raise NotImplementedError(f"{state['Resource']} is not in the test environment")
    elif kind == "Map":
        _check_map(state, path)
    elif kind == "Parallel":
        raise NotImplementedError("Parallel is not in the test environment")
    return [_target(one, states, f"{path}/Next") for one in targets]


def _check_rule(rule, path):
    for operator in ("And", "Or"):
        if operator in rule:
            if not rule[operator]:
                raise _invalid("SCHEMA_VALIDATION_FAILED", f"{operator} is empty", path)
            for one in rule[operator]:
                _check_rule(one, path)
            return
    if "Not" in rule:
        _check_rule(rule["Not"], path)
        return
    names = [one for one in rule if one not in ("Variable", "Next", "Comment")]
    if "Variable" not in rule or len(names) != 1:
        problem = "a rule has a Variable and one comparison"
        raise _invalid("SCHEMA_VALIDATION_FAILED", problem, path)
    steps_of(rule["Variable"])
    if names[0] == PRESENCE:
        expected = bool
    elif names[0] in COMPARISONS:
        expected = COMPARISONS[names[0]][0]
    else:
        raise NotImplementedError(f"{names[0]} is not in the test environment")
    if not isinstance(rule[names[0]], expected):
        raise _invalid("SCHEMA_VALIDATION_FAILED", f"{names[0]} has a wrong type", path)


def _check_map(state, path):
    processor = state.get("ItemProcessor")
    if processor is None:
        raise NotImplementedError("a Map without ItemProcessor is not in the test environment")
    config = processor.get("ProcessorConfig", {})
    is_distributed = config.get("Mode") == "DISTRIBUTED"
    if is_distributed and config.get("ExecutionType") not in ("STANDARD", "EXPRESS"):
        problem = "ExecutionType is needed in the mode DISTRIBUTED"
        raise _invalid("SCHEMA_VALIDATION_FAILED", problem, f"{path}/ItemProcessor")
    for field in ("ToleratedFailurePercentage", "ToleratedFailureCount", "ResultWriter", "Label"):
        if field in state and not is_distributed:
            problem = f"{field} is for the mode DISTRIBUTED only"
            raise _invalid("SCHEMA_VALIDATION_FAILED", problem, f"{path}/{field}")
    # CloudFormation inserts a parameter into a definition as a text.
    for field, expected in (("MaxConcurrency", int), ("MaxConcurrencyPath", str)):
        if field in state and type(state[field]) is not expected:
            problem = f"Expected value of type {expected.__name__}"
            raise _invalid("SCHEMA_VALIDATION_FAILED", problem, f"{path}/{field}")
    if "MaxConcurrency" in state and "MaxConcurrencyPath" in state:
        problem = "MaxConcurrency and MaxConcurrencyPath exclude each other"
        raise _invalid("SCHEMA_VALIDATION_FAILED", problem, path)
    percentage = state.get("ToleratedFailurePercentage", 0)
    if not 0 <= percentage <= 100:
        problem = "ToleratedFailurePercentage is from 0 to 100"
        raise _invalid("SCHEMA_VALIDATION_FAILED", problem, path)
    writer = state.get("ResultWriter")
    if writer is not None:
        if not PUT.fullmatch(writer.get("Resource", "")) or "WriterConfig" in writer:
            raise NotImplementedError("only s3:putObject without WriterConfig is there")
        if "Bucket" not in writer.get("Parameters", {}):
            raise _invalid("SCHEMA_VALIDATION_FAILED", "Bucket is missing", f"{path}/ResultWriter")
    _check_states(processor, f"{path}/ItemProcessor")
