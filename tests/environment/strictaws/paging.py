"""Opaque page tokens that are valid for one listing only."""

import base64
import json


class InvalidToken(Exception):
    """The token was not given out for this listing."""


def token(listing, start):
    """The token for the page of a listing that starts there."""
    return base64.urlsafe_b64encode(json.dumps([listing, start]).encode()).decode()


def start_of(listing, given):
    """Where the page of a token starts."""
    if not given:
        return 0
    try:
        named, start = json.loads(base64.urlsafe_b64decode(given.encode()))
    except (ValueError, TypeError) as problem:
        raise InvalidToken(given) from problem
    if named != listing or not isinstance(start, int):
        raise InvalidToken(given)
    return start


def page(items, listing, given, size):
    """One page and the token of the next, or None."""
    start = start_of(listing, given)
    part = items[start : start + size]
    more = start + size < len(items)
    return part, token(listing, start + size) if more else None
