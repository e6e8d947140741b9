"""The methods of a service's class are listed once.

moto: inspects the class at every request.
AWS: not a difference in behavior; see ``list_of_services``.
Source: none; a profile of the server.
"""

import functools

import moto.core.responses

from patches.registry import sets

sets(
    moto.core.responses,
    "method_names_from_class",
    functools.cache(moto.core.responses.method_names_from_class),
)
