"""Templates are parsed once.

moto: parses a template each time that it reads it, with the slow loader of PyYAML.
AWS: not a difference in behavior; parsing took most of the time of deployments.
Source: none; a profile of the server.
"""

import copy
import functools

from moto.cloudformation.models import Stack

from patches.registry import sets

_parse = functools.lru_cache(maxsize=16)(Stack.parse_template)


def parse_template(template):
    """The template as data, which the caller may change."""
    return copy.deepcopy(_parse(template))


sets(Stack, "parse_template", staticmethod(parse_template))
