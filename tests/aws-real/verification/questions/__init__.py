"""The questions. Each module has its questions, its calls, and how it asks.

- ``QUESTIONS``: what it answers
- ``missing(options)``: what has to be given so that it can ask, or None
- ``steps(options)``: the calls that change something
- ``ask(setting)``: the answers
"""

from verification.questions import (
    costs,
    excluded,
    joining,
    kept_results,
    organization_key,
    pack_rules,
    program,
    references,
    second_put,
    security_hub,
    unchanged_put,
)

#: In the order in which they are asked: each finds what the ones before it left.
MODULES = (
    organization_key,
    pack_rules,
    references,
    unchanged_put,
    second_put,
    security_hub,
    kept_results,
    joining,
    excluded,
    costs,
    program,
)
