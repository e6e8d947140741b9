"""The rules of Choice states."""

from services.step_functions.values import NoValue, StateError, value_at


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numeric(compare):
    return lambda value, wanted: _is_number(value) and compare(value, wanted)


def _text(compare):
    return lambda value, wanted: isinstance(value, str) and compare(value, wanted)


#: Comparisons by name, with the type of their operand.
COMPARISONS = {
    "BooleanEquals": (bool, lambda value, wanted: value is wanted),
    "IsBoolean": (bool, lambda value, wanted: isinstance(value, bool) == wanted),
    "IsNull": (bool, lambda value, wanted: (value is None) == wanted),
    "IsNumeric": (bool, lambda value, wanted: _is_number(value) == wanted),
    "IsString": (bool, lambda value, wanted: isinstance(value, str) == wanted),
    "NumericEquals": ((int, float), _numeric(lambda a, b: a == b)),
    "NumericGreaterThan": ((int, float), _numeric(lambda a, b: a > b)),
    "NumericGreaterThanEquals": ((int, float), _numeric(lambda a, b: a >= b)),
    "NumericLessThan": ((int, float), _numeric(lambda a, b: a < b)),
    "NumericLessThanEquals": ((int, float), _numeric(lambda a, b: a <= b)),
    "StringEquals": (str, _text(lambda a, b: a == b)),
}
PRESENCE = "IsPresent"


def holds(rule, value, context):
    """Whether a rule holds for the input of a state."""
    if "And" in rule:
        return all(holds(one, value, context) for one in rule["And"])
    if "Or" in rule:
        return any(holds(one, value, context) for one in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], value, context)
    path = rule["Variable"]
    try:
        found = value_at(path, value, context)
    except NoValue:
        if PRESENCE in rule:
            return rule[PRESENCE] is False
        message = (
            f"Invalid path '{path}': The choice state's condition path references an invalid value."
        )
        raise StateError("States.Runtime", message) from None
    if PRESENCE in rule:
        return rule[PRESENCE] is True
    (name,) = [one for one in rule if one in COMPARISONS]
    return COMPARISONS[name][1](found, rule[name])
