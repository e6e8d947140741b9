"""Cuts pages out of the complete JSON lists that moto answers with."""

import json

from moto.core.utils import get_pagination_model

from strictaws import paging, wire


class Pages:
    """Which operations of a service moto answers whole.

    ``sizes``: the page size of AWS where the caller names none, by operation.
    ``invalid_token``: the error code for a token that was not given out.
    """

    def __init__(self, sizes, invalid_token):
        self._sizes, self._invalid_token = sizes, invalid_token

    def cut(self, call, forward, given=None):
        """One page of an operation that moto answers whole; the others are moto's.

        ``given``: the parameters, where the body of the call is no JSON.
        """
        response = forward()
        if call.operation not in self._sizes or response.status != 200:
            return response
        model = get_pagination_model(call.api)[call.operation]
        given = call.parameters if given is None else given
        token_in, token_out = model["input_token"], model["output_token"]
        answer = json.loads(response.body)
        answer.pop(token_out, None)
        keys = model["result_key"]
        keys = [key for key in (keys if isinstance(keys, list) else [keys]) if key in answer]
        everything = [(key, item) for key in keys for item in answer[key]]
        size = int(given.get(model.get("limit_key"), 0) or self._sizes[call.operation])
        listing = f"{call.operation}/{call.account}/{call.region}"
        try:
            part, following = paging.page(everything, listing, given.get(token_in), size)
        except paging.InvalidToken as problem:
            message = "The specified token is invalid."
            raise wire.AwsError(self._invalid_token, message) from problem
        for key in keys:
            answer[key] = [item for name, item in part if name == key]
        if following:
            answer[token_out] = following
        if model.get("more_results"):
            answer[model["more_results"]] = bool(following)
        response.body = json.dumps(answer).encode()
        response.headers.pop("Content-Length", None)
        return response
