"""What is to be done before the process ends, which it does at once and without its own cleanup."""

import contextlib

_ENDINGS = []


def before_end(function):
    """Let a function be called before the process ends."""
    _ENDINGS.append(function)


def end():
    """Do what is to be done before the end, whatever fails of it."""
    for function in _ENDINGS:
        with contextlib.suppress(Exception):
            function()
