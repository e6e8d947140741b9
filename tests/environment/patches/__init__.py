"""Where moto itself is wrong, too slow or too lax: members that are replaced while it runs.

Each module here replaces one member, or a few that belong together, and says
what moto does, what AWS does, and where AWS says so. Its test in
``tests/patches`` has a part that runs against moto without any patch: it fails
once moto does not need the patch any longer, and then both are deleted.
"""

import importlib
import pkgutil

from patches import registry


def modules():
    """The names of the modules with patches."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if name != "registry")


def apply(types):
    """Apply all patches; ``types`` are the resource types that CloudFormation gets."""
    for name in modules():
        importlib.import_module(f"patches.{name}")
    from patches import resource_types

    resource_types.TYPES[:] = types
    registry.apply()
