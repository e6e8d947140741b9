"""Runs the states of a definition, independent of their environment.

Source: https://states-language.net and
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
Nothing waits here: Wait states and the intervals of retries take no time.
"""

import copy
from concurrent.futures import ThreadPoolExecutor

from services.step_functions import choices
from services.step_functions.values import (
    StateError,
    checked,
    filled,
    placed,
    required_at,
)

#: Errors that ``States.ALL`` does not catch.
_TERMINAL = ("States.DataLimitExceeded", "States.Runtime")
_DEFAULT_ATTEMPTS = 3


class Interpreter:
    """Runs states. ``host`` has the external effects: it invokes functions and runs items.

    ``host.invoke(parameters)`` gives the result of a Task, ``host.map_run(state,
    items, run)`` the result of a distributed Map, where ``run(context, value)``
    runs the states of one item.
    """

    def __init__(self, host):
        self._host = host

    def run(self, part, value, context):
        """The output of the states of a definition, or of an item processor."""
        name = part["StartAt"]
        while name is not None:
            state = part["States"][name]
            here = {**context, "State": {"Name": name}}
            value, name = self._step(name, state, checked(value, name), here)
        return value

    def _step(self, name, state, raw, context):
        """The output of a state and the name of the next one, or None."""
        attempts = {}
        while True:
            try:
                value, following = self._attempt(state, raw, context)
                return checked(value, name), following
            except StateError as problem:
                if _may_retry(state, problem, attempts):
                    continue
                for catcher in state.get("Catch", []):
                    if _matches(catcher["ErrorEquals"], problem.error):
                        output = {"Error": problem.error, "Cause": problem.cause}
                        made = placed(catcher.get("ResultPath", "$"), raw, output)
                        return made, catcher["Next"]
                raise

    def _attempt(self, state, raw, context):
        kind, following = state["Type"], state.get("Next")
        given = _selected(state.get("InputPath", "$"), raw, context)
        if kind == "Fail":
            raise StateError(state.get("Error"), state.get("Cause"))
        if kind == "Choice":
            for rule in state["Choices"]:
                if choices.holds(rule, given, context):
                    return _selected(state.get("OutputPath", "$"), given, context), rule["Next"]
            if "Default" not in state:
                raise StateError("States.NoChoiceMatched", "No choice matched, and no Default")
            return _selected(state.get("OutputPath", "$"), given, context), state["Default"]
        if kind in ("Succeed", "Wait"):
            return _selected(state.get("OutputPath", "$"), given, context), following
        result = getattr(self, f"_{kind.lower()}")(state, given, context)
        if "ResultSelector" in state:
            result = filled(state["ResultSelector"], result, context)
        output = placed(state.get("ResultPath", "$"), raw, result)
        return _selected(state.get("OutputPath", "$"), output, context), following

    @staticmethod
    def _pass(state, given, context):
        if "Result" in state:
            return copy.deepcopy(state["Result"])
        return filled(state["Parameters"], given, context) if "Parameters" in state else given

    def _task(self, state, given, context):
        parameters = given
        if "Parameters" in state:
            parameters = filled(state["Parameters"], given, context)
        return self._host.invoke(checked(parameters, context["State"]["Name"]))

    def _map(self, state, given, context):
        items = required_at(state.get("ItemsPath", "$"), given, context)
        if not isinstance(items, list):
            message = f"Attempt to map over non-iterable node at {state.get('ItemsPath', '$')}"
            raise StateError("States.Runtime", message)
        processor, inputs = state["ItemProcessor"], []
        for index, item in enumerate(items):
            of_item = {**context, "Map": {"Item": {"Index": index, "Value": item}}}
            if "ItemSelector" in state:
                item = filled(state["ItemSelector"], given, of_item)
            inputs.append((of_item, item))

        if "MaxConcurrencyPath" in state:
            most = required_at(state["MaxConcurrencyPath"], given, context)
            if type(most) is not int or most < 0:
                raise StateError("States.Runtime", "MaxConcurrencyPath needs a number")
            state = {**state, "MaxConcurrency": most}

        def run(of_item, value):
            return self.run(processor, value, of_item)

        if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            return self._host.map_run(state, inputs, run)
        with ThreadPoolExecutor(max(1, min(state.get("MaxConcurrency") or 40, 4))) as pool:
            return list(pool.map(lambda pair: run(*pair), inputs))


def _selected(path, value, context):
    """The value that a path selects; an empty object if the path is null."""
    return {} if path is None else required_at(path, value, context)


def _matches(names, error):
    if error in names:
        return True
    if "States.TaskFailed" in names and error not in (*_TERMINAL, "States.Timeout"):
        return True
    return "States.ALL" in names and error not in _TERMINAL


def _may_retry(state, problem, attempts):
    for number, retrier in enumerate(state.get("Retry", [])):
        if _matches(retrier["ErrorEquals"], problem.error):
            attempts[number] = attempts.get(number, 0) + 1
            return attempts[number] <= retrier.get("MaxAttempts", _DEFAULT_ATTEMPTS)
    return False
