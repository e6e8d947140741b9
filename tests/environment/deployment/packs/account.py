"""Conformance packs of one account, created by a call; moto lacks them.

The call checks the template and starts the creation. The status shows whether
the rules were created.
"""

import time
from dataclasses import dataclass

from moto.utilities.utils import get_partition

from deployment.errors import text_of
from deployment.packs.rules import ConformancePack
from strictaws.wire import AwsError


@dataclass
class Pack:
    """A pack: its parameters and its state. ``in_progress`` until it is described."""

    arn: str
    rules: ConformancePack
    parameters: list
    requested: float
    action: str
    reason: str = None
    in_progress: bool = True

    @property
    def state(self):
        """The state's name in AWS."""
        if self.in_progress:
            return f"{self.action}_IN_PROGRESS"
        return f"{self.action}_FAILED" if self.reason else f"{self.action}_COMPLETE"


class Packs:
    """The packs of all accounts and Regions."""

    def __init__(self):
        self._packs = {}

    def of(self, account, region):
        """The packs of an account and Region by name."""
        place = (account, region)
        return {key[2]: pack for key, pack in self._packs.items() if key[:2] == place}

    def settled(self, account, region, name):
        """The pack of that name or None; a pack in progress is an error."""
        pack = self._packs.get((account, region, name))
        if pack is not None and pack.in_progress:
            message = (
                f"The conformance pack {name} is in {pack.state}. Try your request again later."
            )
            raise AwsError("ResourceInUseException", message)
        return pack

    def put(self, account, region, name, template, values, parameters):
        """Create a pack or update it, also one that failed."""
        before = self.settled(account, region, name)
        rules = ConformancePack(name)
        partition = get_partition(region)
        arn = f"arn:{partition}:config:{region}:{account}:conformance-pack/{name}/{rules.id}"
        action = "UPDATE" if before else "CREATE"
        pack = Pack(arn, rules, parameters, time.time(), action)
        try:
            rules.bring(template, values, account, region)
        except Exception as problem:
            pack.reason = text_of(problem)
        self._packs[account, region, name] = pack
        return pack

    def delete(self, account, region, name):
        """Delete a pack with its rules; its status is described once more."""
        pack = self.settled(account, region, name)
        if pack is None:
            raise no_such_pack(name)
        pack.rules.remove(account, region)
        pack.action, pack.reason, pack.in_progress = "DELETE", None, True

    def described(self, packs):
        """Note that the status of packs was described: what was in progress has ended."""
        for pack in packs:
            pack.in_progress = False
        self._packs = {
            key: pack
            for key, pack in self._packs.items()
            if pack.in_progress or pack.action != "DELETE"
        }


def no_such_pack(name):
    """The error for a pack that does not exist."""
    message = (
        f"One or more conformance packs with specified names are not present: {name}. "
        "Ensure your names are correct and try your request again later."
    )
    return AwsError("NoSuchConformancePackException", message)
