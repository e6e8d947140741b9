"""Statements of policies: which of them apply to a request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import functools
import json
import re
from dataclasses import dataclass, field

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
#: Replacements of escaped characters: for ``*`` and ``?``, characters that no ARN contains.
_FIXED = {"*": "\ue000", "?": "\ue001", "$": "$"}


@dataclass
class Request:
    """A request for an action.

    ``principals``: the forms in which policies name the caller, ``("AWS", ARN)``
    or ``("Service", name)``. ``context``: the values of condition keys; a key
    that is missing is not in the request.
    """

    action: str
    resource: str
    principals: tuple = ()
    context: dict = field(default_factory=dict)

    def value(self, key):
        """The value of a condition key, whose name is not case-sensitive, or None."""
        return {name.lower(): value for name, value in self.context.items()}.get(key.lower())


def statements_of(document):
    """The statements of a policy, as text or as data."""
    if isinstance(document, (str, bytes)):
        document = json.loads(document)
    return listed(document.get("Statement", []))


def listed(value):
    """A value as a list."""
    return value if isinstance(value, list) else [value]


def decision(statements, request):
    """``Deny`` if a statement denies, ``Allow`` if one allows, else None."""
    effects = {one["Effect"] for one in statements if applies(one, request)}
    return next((effect for effect in ("Deny", "Allow") if effect in effects), None)


def is_allowed(statements, request):
    """Whether a statement allows a request, and none denies it."""
    return decision(statements, request) == "Allow"


def applies(statement, request):
    """Whether a statement applies to a request."""
    return (
        _is_principal(statement, request)
        and _is_one_of(statement, "Action", request.action.lower(), str.lower)
        and _is_one_of(statement, "Resource", request.resource, lambda one: _filled(one, request))
        and conditions_hold(statement.get("Condition", {}), request)
    )


def conditions_hold(conditions, request):
    """Whether all conditions of a statement hold."""
    return all(
        _holds(operator, key, wanted, request)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _is_principal(statement, request):
    if "Principal" not in statement and "NotPrincipal" not in statement:
        return True  # of an identity, or of an organization
    is_negated = "NotPrincipal" in statement
    given = statement["NotPrincipal" if is_negated else "Principal"]
    return _names(given, request) != is_negated


def _names(given, request):
    """Whether an element with principals names the caller."""
    if given == "*":
        return True
    named = {(kind, one) for kind, names in given.items() for one in listed(names)}
    if ("AWS", "*") in named and any(kind == "AWS" for kind, _ in request.principals):
        return True
    return bool(named & set(request.principals))


def _is_one_of(statement, name, value, prepare):
    negated = f"Not{name}"
    if negated in statement:
        return not any(_is_like(value, prepare(one)) for one in listed(statement[negated]))
    if name not in statement:
        return True  # trust policies have no resource
    return any(_is_like(value, prepare(one)) for one in listed(statement[name]))


def _filled(text, request):
    """A text with the policy variables replaced; a variable without a value matches nothing."""

    def value(found):
        if found.group(1) in _FIXED:
            return _FIXED[found.group(1)]
        key, _, default = found.group(1).partition(",")
        known = request.value(key.strip())
        if known is None and default:
            return default.strip().strip("'")
        return "\0" if known is None else str(known)

    return _VARIABLE.sub(value, text)


def _is_like(value, pattern):
    return bool(_pattern(pattern).fullmatch(value))


@functools.lru_cache(maxsize=4096)
def _pattern(text):
    parts = re.split(r"([*?\ue000\ue001])", text)
    known = {"*": ".*", "?": ".", "\ue000": r"\*", "\ue001": r"\?"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _is_arn_like(value, pattern):
    given, wanted = value.split(":", 5), pattern.split(":", 5)
    if len(given) != len(wanted):
        return False
    return all(_is_like(*parts) for parts in zip(given, wanted, strict=True))


_OPERATORS = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _is_like,
    "ArnEquals": _is_arn_like,
    "ArnLike": _is_arn_like,
    "Bool": lambda value, wanted: str(value).lower() == str(wanted).lower(),
}


def _holds(operator, key, wanted, request):
    value = request.value(key)
    wanted = [_filled(one, request) if isinstance(one, str) else one for one in listed(wanted)]
    if operator == "Null":
        return (value is None) == (str(wanted[0]).lower() == "true")
    quantifier, _, operator = operator.rpartition(":")
    operator, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    is_negated = "Not" in operator
    if value is None:
        without = is_negated and quantifier != "ForAnyValue"
        return if_exists or without or quantifier == "ForAllValues"
    compare = _OPERATORS.get(operator.replace("Not", ""))
    if compare is None:
        raise NotImplementedError(f"the condition {operator} is not in the test environment")
    met = [any(compare(str(one), other) for other in wanted) != is_negated for one in listed(value)]
    return all(met) if quantifier == "ForAllValues" else any(met)
