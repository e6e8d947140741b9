"""AWS Config's conformance packs of one account, which moto lacks: those that are put by a call.

Putting a pack checks its template and starts; whether its rules could be made shows in its status.
"""

import re
import time
from dataclasses import dataclass

from moto.utilities.utils import get_partition

import paging
import wire
from resource_types import ConformancePack, read_pack
from stacks import text_of

_PAGE = 2
_MAX_PAGE = 20
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,255}")


@dataclass
class Pack:
    """A pack, with what it was put with and how that went."""

    arn: str
    rules: ConformancePack
    parameters: list
    requested: float
    action: str
    reason: str = None
    under_way: bool = True

    @property
    def state(self):
        """As AWS calls it."""
        return f"{self.action}_{'IN_PROGRESS' if self.under_way else 'FAILED' if self.reason else 'COMPLETE'}"

    def named(self):
        """What every description of it begins with."""
        return {"ConformancePackName": self.rules.name, "ConformancePackArn": self.arn, "ConformancePackId": self.rules.id}


class ConformancePacks:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._packs = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("config", "PutConformancePack"): self.put,
            ("config", "DescribeConformancePacks"): self.describe,
            ("config", "DescribeConformancePackStatus"): self.status,
            ("config", "DeleteConformancePack"): self.delete,
        }

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    def put(self, call, _):
        """Makes a pack or changes it, under way at first. A pack that failed is changed too."""
        given, key = call.parameters, self._key(call)
        if not _NAME.fullmatch(key[2]):
            raise wire.AwsError("ValidationException", f"Value at 'conformancePackName' must satisfy regular expression pattern: {_NAME.pattern}")
        if ("TemplateBody" in given) == ("TemplateS3Uri" in given):
            raise wire.AwsError("InvalidParameterValueException", "Specify one of TemplateBody and TemplateS3Uri.")
        before = self._resting(key)
        template, values = read_pack(given, call.account, call.region)
        rules = ConformancePack(key[2])
        arn = f"arn:{get_partition(call.region)}:config:{call.region}:{call.account}:conformance-pack/{key[2]}/{rules.id}"
        pack = Pack(arn, rules, given.get("ConformancePackInputParameters") or [], time.time(), "UPDATE" if before else "CREATE")
        try:
            rules.bring(template, values, call.account, call.region)
        except Exception as problem:
            pack.reason = text_of(problem)
        self._packs[key] = pack
        return wire.json_result(call, {"ConformancePackArn": arn})

    def describe(self, call, _):
        """Packs by name, or all in small pages."""
        known = [key[2] for key in self._packs if key[:2] == (call.account, call.region)]
        for name in call.parameter("ConformancePackNames") or []:
            if name not in known:
                raise _no_such_pack(name)
        packs, following = self._asked(call)
        shown = [
            {**pack.named(), "ConformancePackInputParameters": pack.parameters, "LastUpdateRequestedTime": pack.requested}
            for pack in packs
        ]
        return wire.json_result(call, {"ConformancePackDetails": shown, **following})

    def status(self, call, _):
        """What is under way is seen so once; what is deleted is seen for the last time."""
        packs, following = self._asked(call)
        shown = []
        for pack in packs:
            one = {**pack.named(), "ConformancePackState": pack.state, "LastUpdateRequestedTime": pack.requested}
            if not pack.under_way:
                one.update({"ConformancePackStatusReason": pack.reason} if pack.reason else {"LastUpdateCompletedTime": pack.requested})
            shown.append(one)
            pack.under_way = False
        self._packs = {key: pack for key, pack in self._packs.items() if pack.under_way or pack.action != "DELETE"}
        return wire.json_result(call, {"ConformancePackStatusDetails": shown, **following})

    def delete(self, call, _):
        """Takes a pack away, with its rules."""
        key = self._key(call)
        pack = self._resting(key)
        if pack is None:
            raise _no_such_pack(key[2])
        pack.rules.remove(call.account, call.region)
        pack.action, pack.reason, pack.under_way = "DELETE", None, True
        return wire.json_result(call, {})

    @staticmethod
    def _key(call):
        return call.account, call.region, call.parameter("ConformancePackName") or ""

    def _resting(self, key):
        """The pack of that name, if there is one, which must not be under way."""
        pack = self._packs.get(key)
        if pack is not None and pack.under_way:
            raise wire.AwsError("ResourceInUseException", f"The conformance pack {key[2]} is in {pack.state}. Try your request again later.")
        return pack

    def _asked(self, call):
        names, size = call.parameter("ConformancePackNames") or [], call.parameter("Limit") or _PAGE
        if not 0 < size <= _MAX_PAGE:
            raise wire.AwsError("InvalidLimitException", f"The limit must be from 0 to {_MAX_PAGE}.")
        own = [pack for key, pack in self._packs.items() if key[:2] == (call.account, call.region) and (not names or key[2] in names)]
        try:
            part, following = paging.page(own, f"packs/{call.operation}/{call.account}/{call.region}", call.parameter("NextToken"), min(size, _PAGE))
        except paging.InvalidToken as problem:
            raise wire.AwsError("InvalidNextTokenException", "The nextToken provided is invalid") from problem
        return part, {"NextToken": following} if following else {}


def _no_such_pack(name):
    message = f"One or more conformance packs with specified names are not present: {name}. Ensure your names are correct and try your request again later."
    return wire.AwsError("NoSuchConformancePackException", message)
