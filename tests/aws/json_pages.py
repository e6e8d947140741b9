"""Cuts pages out of the complete JSON lists that moto answers with."""

import json

from moto.core.utils import get_pagination_model

import paging
import wire

#: What moto answers whole, and the page sizes of AWS where the caller names none.
_WHOLE = {
    "DescribeMetricFilters": 50,
    "ListKeys": 100,
    "ListAliases": 50,
    "DescribeAlarms": 50,
}


def paged(call, forward, given=None):
    """Page an operation that moto answers whole; leave the others alone."""
    if call.operation not in _WHOLE:
        return forward()
    model = get_pagination_model(call.api)[call.operation]
    given = call.parameters if given is None else given
    response = forward()
    token_in, token_out = model["input_token"], model["output_token"]
    if response.status != 200:
        return response
    answer = json.loads(response.body)
    answer.pop(token_out, None)
    keys = model["result_key"]
    keys = [key for key in (keys if isinstance(keys, list) else [keys]) if key in answer]
    everything = [(key, item) for key in keys for item in answer[key]]
    size = int(given.get(model.get("limit_key"), 0) or _WHOLE[call.operation])
    listing = f"{call.operation}/{call.account}/{call.region}"
    try:
        part, following = paging.page(everything, listing, given.get(token_in), size)
    except paging.InvalidToken as problem:
        code = {"kms": "InvalidMarkerException", "logs": "InvalidParameterException"}.get(call.api, "InvalidNextToken")
        raise wire.AwsError(code, "The specified token is invalid.") from problem
    for key in keys:
        answer[key] = [item for name, item in part if name == key]
    if following:
        answer[token_out] = following
    if model.get("more_results"):
        answer[model["more_results"]] = bool(following)
    response.body = json.dumps(answer).encode()
    response.headers.pop("Content-Length", None)
    return response
