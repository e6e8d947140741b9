"""How members of moto are replaced, and put back for the tests of the patches."""

import contextlib
import functools
import inspect
from dataclasses import dataclass
from typing import Any

#: In place of a member that moto does not have.
MISSING = object()


@dataclass
class Patch:
    """A member of a module or class: what it was, and what it is when the patch is applied."""

    owner: Any
    name: str
    original: Any
    replacement: Any

    def apply(self):
        """Replace the member."""
        setattr(self.owner, self.name, self.replacement)

    def undo(self):
        """Put moto's own member back."""
        if self.original is MISSING:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)


@dataclass
class Entry:
    """An entry of one of moto's dictionaries: what it was, and what it is when patched."""

    mapping: dict
    key: str
    original: Any
    replacement: Any

    def apply(self):
        """Replace the entry."""
        self.mapping[self.key] = self.replacement

    def undo(self):
        """Put moto's own entry back."""
        self.mapping[self.key] = self.original


PATCHES = []


def replaces(owner, name):
    """Replace a function, method, class method or property.

    The decorated function gets moto's own one as its first argument.
    """

    def decorate(function):
        original = inspect.getattr_static(owner, name)
        if isinstance(original, classmethod):
            replacement = classmethod(_before(function, original.__func__))
        elif isinstance(original, staticmethod):
            replacement = staticmethod(_before(function, original.__func__))
        elif isinstance(original, property):
            replacement = property(_before(function, original.fget))
        else:
            replacement = _before(function, original)
        PATCHES.append(Patch(owner, name, original, replacement))
        return function

    return decorate


def sets(owner, name, value):
    """Set a member that is no function, or that moto lacks."""
    original = inspect.getattr_static(owner, name, MISSING)
    PATCHES.append(Patch(owner, name, original, value))


def sets_entry(mapping, key, value):
    """Set an entry of a dictionary that moto has."""
    PATCHES.append(Entry(mapping, key, mapping[key], value))


def apply():
    """Apply all patches that were declared."""
    for patch in PATCHES:
        patch.apply()


@contextlib.contextmanager
def undone():
    """Run a block with moto as it is without patches."""
    for patch in reversed(PATCHES):
        patch.undo()
    try:
        yield
    finally:
        apply()


def _before(function, original):
    @functools.wraps(original)
    def replacement(*args, **kwargs):
        return function(original, *args, **kwargs)

    return replacement
