"""The list of moto's services is made once.

moto: lists its own folder at every request.
AWS: not a difference in behavior; this and ``method_names`` took half of the time of a request.
Source: none; a profile of the server.
"""

import functools

import moto.backends

from patches.registry import sets

_first = functools.cache(lambda: tuple(_original()))
_original = moto.backends.list_of_moto_modules


def list_of_moto_modules():
    """The names, as moto lists them first."""
    return _first()


sets(moto.backends, "list_of_moto_modules", list_of_moto_modules)
