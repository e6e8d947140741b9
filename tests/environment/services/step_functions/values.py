"""Paths and templates of values in definitions, and the size of values.

Only reference paths are supported: ``$``, ``$.name``, ``$['name']`` and ``$.list[0]``,
and the same of the context object with ``$$``.
"""

import copy
import json
import re

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_BYTES = 262_144
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\d+)\]")


class StateError(Exception):
    """An error of an execution, by which states retry, catch, or fail."""

    def __init__(self, error, cause):
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


class NoValue(Exception):
    """A path without a value."""


def steps_of(path):
    """The names and numbers of a reference path, after ``$`` or ``$$``."""
    rest, steps = path.lstrip("$"), []
    if not path.startswith("$") or path.startswith("$$$"):
        raise ValueError(f"{path} is no path")
    while rest:
        found = _STEP.match(rest)
        if found is None:
            raise ValueError(f"{path} is no reference path; others are not in the environment")
        name, quoted, number = found.groups()
        steps.append(int(number) if number is not None else name or quoted)
        rest = rest[found.end() :]
    return steps


def value_at(path, value, context):
    """The value at a path."""
    found = context if path.startswith("$$") else value
    for step in steps_of(path):
        fits = isinstance(found, list) if isinstance(step, int) else isinstance(found, dict)
        try:
            found = found[step] if fits else None
        except (KeyError, IndexError):
            fits = False
        if not fits:
            raise NoValue(path)
    return found


def required_at(path, value, context):
    """The same; a path without a value ends the execution."""
    try:
        return value_at(path, value, context)
    except NoValue:
        raise StateError(
            "States.Runtime",
            f"The JSONPath '{path}' specified could not be found in the input "
            f"'{json.dumps(value)[:200]}'",
        ) from None


def filled(template, value, context):
    """A template with the values of its paths; names that end with ``.$`` have paths."""
    if isinstance(template, dict):
        made = {}
        for name, part in template.items():
            if not name.endswith(".$"):
                made[name] = filled(part, value, context)
            elif part.startswith("States."):
                raise NotImplementedError(f"{part}: no intrinsic functions in the environment")
            else:
                made[name[:-2]] = required_at(part, value, context)
        return made
    if isinstance(template, list):
        return [filled(part, value, context) for part in template]
    return template


def placed(path, value, result):
    """A value with a result at a path; the value alone if the path is null."""
    if path is None:
        return value
    steps = steps_of(path)
    if not steps:
        return result
    if not isinstance(value, dict):
        message = f"Unable to apply ReferencePath {path} to input {json.dumps(value)[:200]}"
        raise StateError("States.ResultPathMatchFailure", message)
    made = copy.deepcopy(value)
    at = made
    for step in steps[:-1]:
        at = at.setdefault(step, {})
    at[steps[-1]] = result
    return made


def checked(value, state):
    """Check the size limit of a value, and return the value."""
    size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MAX_BYTES:
        message = (
            f"The state/task '{state}' returned a result with a size exceeding the maximum number "
            "of bytes service limit."
        )
        raise StateError("States.DataLimitExceeded", message)
    return value
