import pytest

from services.step_functions.interpreter import Interpreter
from services.step_functions.values import MAX_BYTES, StateError

INVOKE = "arn:aws:states:::lambda:invoke"


class Host:
    """Answers of functions, one after the other; an exception is an error."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def invoke(self, parameters):
        self.asked.append(parameters)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"Payload": answer, "StatusCode": 200}

    def map_run(self, state, inputs, run):
        return [run(*pair) for pair in inputs]


def run(states, value=None, host=None):
    definition = {"StartAt": next(iter(states)), "States": states}
    context = {"Execution": {"Id": "arn"}}
    return Interpreter(host or Host()).run(definition, {} if value is None else value, context)


def task(**more):
    return {"Type": "Task", "Resource": INVOKE, "End": True, **more}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"a": {"b": [1, 2]}}),
        ({"InputPath": "$.a"}, {"b": [1, 2]}),
        ({"InputPath": "$.a.b[1]"}, 2),
        ({"InputPath": "$['a']['b'][0]"}, 1),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.a"}, {"b": [1, 2]}),
        ({"Result": 5}, 5),
        ({"Result": 5, "ResultPath": "$.c"}, {"a": {"b": [1, 2]}, "c": 5}),
        ({"Result": 5, "ResultPath": "$.a.c"}, {"a": {"b": [1, 2], "c": 5}}),
        ({"Result": 5, "ResultPath": None}, {"a": {"b": [1, 2]}}),
        (
            {"Parameters": {"x.$": "$.a.b", "y": {"z.$": "$$.Execution.Id"}}},
            {"x": [1, 2], "y": {"z": "arn"}},
        ),
        ({"Parameters": {"x": 1}, "OutputPath": "$.x"}, 1),
    ],
)
def test_paths_select_and_place(fields, expected):
    assert run({"A": {"Type": "Pass", "End": True, **fields}}, {"a": {"b": [1, 2]}}) == expected


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"InputPath": "$.none"}, "States.Runtime"),
        ({"InputPath": "$.a[0]"}, "States.Runtime"),
        ({"Parameters": {"x.$": "$.none"}}, "States.Runtime"),
    ],
)
def test_paths_that_lead_nowhere_end_the_execution(fields, error):
    with pytest.raises(StateError) as ended:
        run({"A": {"Type": "Pass", "End": True, **fields}}, {"a": {}})
    assert ended.value.error == error


def test_result_is_not_placed_in_what_is_no_object():
    with pytest.raises(StateError) as ended:
        run({"A": {"Type": "Pass", "Result": 1, "ResultPath": "$.x", "End": True}}, [1])
    assert ended.value.error == "States.ResultPathMatchFailure"


def test_task_has_parameters_and_a_result():
    host = Host({"answer": 1})
    parameters = {"FunctionName": "f", "Payload.$": "$"}
    found = run({"A": task(Parameters=parameters, OutputPath="$.Payload")}, {"q": 2}, host)
    assert found == {"answer": 1}
    assert host.asked == [{"FunctionName": "f", "Payload": {"q": 2}}]


@pytest.mark.parametrize(
    ("names", "error", "caught"),
    [
        (["States.ALL"], "Failure", True),
        (["Failure"], "Failure", True),
        (["Other"], "Failure", False),
        (["States.TaskFailed"], "Failure", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
    ],
)
def test_errors_are_caught_by_name(names, error, caught):
    catch = [{"ErrorEquals": names, "ResultPath": "$.error", "Next": "B"}]
    states = {"A": task(Catch=catch), "B": {"Type": "Succeed"}}
    host = Host(StateError(error, "why"))
    if not caught:
        with pytest.raises(StateError):
            run(states, {"q": 2}, host)
        return
    expected = {"q": 2, "error": {"Error": error, "Cause": "why"}}
    assert run(states, {"q": 2}, host) == expected


@pytest.mark.parametrize(("retry", "attempts"), [({}, 4), ({"MaxAttempts": 1}, 2)])
def test_errors_are_retried(retry, attempts):
    failure = StateError("Failure", "why")
    host = Host(*[failure] * 10)
    retries = [{"ErrorEquals": ["States.ALL"], **retry}]
    with pytest.raises(StateError):
        run({"A": task(Retry=retries)}, {}, host)
    assert len(host.asked) == attempts
    host = Host(failure, "done")
    assert run({"A": task(Retry=retries, OutputPath="$.Payload")}, {}, host) == "done"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"Variable": "$.list[0]", "IsPresent": True}, True),
        ({"Variable": "$.list[1]", "IsPresent": True}, False),
        ({"Variable": "$.none", "IsPresent": False}, True),
        ({"Variable": "$.round", "NumericLessThan": 3}, True),
        ({"Variable": "$.round", "NumericLessThan": 2}, False),
        ({"Variable": "$.text", "NumericLessThan": 2}, False),
        ({"Variable": "$.round", "NumericGreaterThanEquals": 2}, True),
        ({"Variable": "$.text", "StringEquals": "x"}, True),
        ({"Variable": "$.flag", "BooleanEquals": True}, True),
        ({"Variable": "$.null", "IsNull": True}, True),
        (
            {
                "And": [
                    {"Variable": "$.list[0]", "IsPresent": True},
                    {"Variable": "$.round", "NumericLessThan": 10},
                ]
            },
            True,
        ),
        (
            {
                "And": [
                    {"Variable": "$.list[1]", "IsPresent": True},
                    {"Variable": "$.none", "NumericLessThan": 10},
                ]
            },
            False,
        ),
        (
            {
                "Or": [
                    {"Variable": "$.round", "NumericEquals": 9},
                    {"Variable": "$.flag", "BooleanEquals": True},
                ]
            },
            True,
        ),
        ({"Not": {"Variable": "$.flag", "BooleanEquals": True}}, False),
    ],
)
def test_choices_lead_on(rule, expected):
    states = {
        "A": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": True, "End": True},
        "No": {"Type": "Pass", "Result": False, "End": True},
    }
    value = {"list": ["one"], "round": 2, "text": "x", "flag": True, "null": None}
    assert run(states, value) is expected


def test_choice_of_a_value_that_is_missing_ends_the_execution():
    rule = {"Variable": "$.none", "NumericLessThan": 1, "Next": "A"}
    with pytest.raises(StateError) as ended:
        run({"A": {"Type": "Choice", "Choices": [rule]}})
    assert ended.value.error == "States.Runtime"


def test_no_choice_is_an_error():
    rule = {"Variable": "$.a", "IsPresent": True, "Next": "A"}
    with pytest.raises(StateError) as ended:
        run({"A": {"Type": "Choice", "Choices": [rule]}})
    assert ended.value.error == "States.NoChoiceMatched"


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_items_are_selected_and_mapped(mode):
    inner = {"Type": "Pass", "Parameters": {"got.$": "$"}, "End": True}
    state = {
        "Type": "Map",
        "ItemsPath": "$.accounts",
        "ItemSelector": {
            "account.$": "$$.Map.Item.Value",
            "at.$": "$$.Map.Item.Index",
            "run.$": "$.run",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
            "StartAt": "I",
            "States": {"I": inner},
        },
        "ResultPath": "$.map",
        "End": True,
    }
    found = run({"A": state}, {"accounts": ["x", "y"], "run": 7})
    assert found == {
        "accounts": ["x", "y"],
        "run": 7,
        "map": [
            {"got": {"account": "x", "at": 0, "run": 7}},
            {"got": {"account": "y", "at": 1, "run": 7}},
        ],
    }


def test_items_have_to_be_a_list():
    state = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {}}, "End": True}
    with pytest.raises(StateError, match="non-iterable"):
        run({"A": state}, {"a": 1})


def test_failed_state_says_why():
    with pytest.raises(StateError) as ended:
        run({"A": {"Type": "Fail", "Error": "Mine", "Cause": "because"}})
    assert (ended.value.error, ended.value.cause) == ("Mine", "because")


@pytest.mark.parametrize(("size", "fits"), [(MAX_BYTES - 2, True), (MAX_BYTES - 1, False)])
def test_values_have_a_limit(size, fits):
    host = Host("x" * size)
    states = {"A": task(ResultSelector={"p.$": "$.Payload"}, OutputPath="$.p")}
    if fits:
        assert len(run(states, {}, host)) == size
        return
    with pytest.raises(StateError) as ended:
        run(states, {}, host)
    assert ended.value.error == "States.DataLimitExceeded"
