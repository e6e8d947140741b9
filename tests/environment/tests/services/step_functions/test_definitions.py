import copy
import json

import pytest

from services.step_functions.definitions import parsed
from strictaws.wire import AwsError

INVOKE = "arn:aws:states:::lambda:invoke"
TASK = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "f"}, "End": True}
MAP = {
    "Type": "Map",
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Inner",
        "States": {"Inner": TASK},
    },
    "End": True,
}
CHOICE = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}],
    "Default": "B",
}


def refused(states, start="A"):
    """Why a definition is refused, or None."""
    try:
        parsed(json.dumps({"StartAt": start, "States": states}))
    except AwsError as problem:
        assert problem.code == "InvalidDefinition"
        return problem.message
    return None


def changed(state, **more):
    return {**copy.deepcopy(state), **more}


@pytest.mark.parametrize(
    "states",
    [
        {"A": TASK},
        {"A": MAP},
        {"A": CHOICE, "B": {"Type": "Succeed"}},
        {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Fail"}},
        {"A": changed(MAP, ToleratedFailurePercentage=100, MaxConcurrency=50)},
    ],
)
def test_definition_is_valid(states):
    assert refused(states) is None


def rule(**given):
    return {"A": changed(CHOICE, Choices=[given]), "B": {"Type": "Succeed"}}


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        ({}, "Missing 'Next' target: A at /StartAt"),
        ({"B": TASK}, "Missing 'Next' target: A at /StartAt"),
        ({"A": {"Type": "Pass", "Next": "B"}}, "Missing 'Next' target: B at /States/A/Next"),
        ({"A": TASK, "B": TASK}, 'State "B" is not reachable.'),
        ({"A": {"Type": "Banana"}}, "at /States/A"),
        ({"A": {"Type": "Pass"}}, "at /States/A"),
        ({"A": changed(TASK, Banana=1)}, "at /States/A"),
        ({"A": {"Type": "Task", "End": True}}, "at /States/A"),
        ({"A": changed(TASK, Catch=[{"ErrorEquals": ["x"], "Next": "B"}])}, "Catch[0]/Next"),
        ({"A": changed(CHOICE, Choices=[]), "B": TASK}, "Choices is empty"),
        (rule(IsPresent=True, Next="B"), "a rule has a Variable"),
        (rule(Variable="$.a", IsPresent=1, Next="B"), "at /States/A"),
        (rule(Variable="$.a", NumericLessThan="1", Next="B"), "at /States/A"),
        (rule(Variable="$.a", IsPresent=True), "at /States/A"),
        (rule(Variable="$.a", IsPresent=True, Next="C"), "Missing 'Next' target: C"),
        ({"A": changed(MAP, ToleratedFailurePercentage=101)}, "from 0 to 100"),
        ({"A": changed(MAP, ResultWriter={"Resource": "arn:aws:states:::s3:putObject"})}, "Bucket"),
    ],
)
def test_definition_is_refused(states, problem):
    assert problem in refused(states)


def test_modes_of_maps_are_checked():
    inline = copy.deepcopy(MAP)
    inline["ItemProcessor"]["ProcessorConfig"] = {"Mode": "INLINE"}
    assert refused({"A": inline}) is None
    assert "DISTRIBUTED only" in refused({"A": changed(inline, ToleratedFailurePercentage=1)})
    wrong = copy.deepcopy(MAP)
    del wrong["ItemProcessor"]["ProcessorConfig"]["ExecutionType"]
    assert "ExecutionType is needed" in refused({"A": wrong})
    wrong = copy.deepcopy(MAP)
    wrong["ItemProcessor"]["StartAt"] = "None"
    assert "/States/A/ItemProcessor/StartAt" in refused({"A": wrong})


def test_text_has_to_be_json():
    with pytest.raises(AwsError, match="INVALID_JSON_DESCRIPTION"):
        parsed("{")


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Parallel", "Branches": [], "End": True},
        changed(TASK, Resource="arn:aws:states:::sns:publish"),
        changed(MAP, ItemReader={}),
    ],
)
def test_what_the_environment_lacks_is_no_error_of_aws(state):
    with pytest.raises(NotImplementedError):
        refused({"A": state})
