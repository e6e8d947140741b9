"""Pages of packs: small ones, with the limits of AWS Config."""

from strictaws import paging
from strictaws.wire import AwsError

_PAGE = 2


def page(call, items, listing, most):
    """One page of at most two items, and the members of the answer that lead to the next."""
    size = call.parameter("Limit") or _PAGE
    if not 0 < size <= most:
        raise AwsError("InvalidLimitException", f"The limit must be from 0 to {most}.")
    try:
        part, following = paging.page(items, listing, call.parameter("NextToken"), min(size, _PAGE))
    except paging.InvalidToken as problem:
        message = "The nextToken provided is invalid"
        raise AwsError("InvalidNextTokenException", message) from problem
    return part, {"NextToken": following} if following else {}
