"""Rules that AWS Config has to evaluate: new and changed ones, and those that were started."""

_LISTENERS = []


def listen(listener):
    """Let ``listener(account, region, names)`` know of each request."""
    _LISTENERS.append(listener)


def request(account, region, names):
    """Ask for an evaluation of rules."""
    for listener in _LISTENERS:
        listener(account, region, list(names))
