"""The operations on conformance packs of one account."""

import re

from deployment.packs import template as pack_template
from deployment.packs.account import Packs, no_such_pack
from deployment.packs.paging import page
from strictaws.wire import AwsError, json_result

_MAX_PAGE = 20
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,255}")


class ConformancePacks:
    """Handlers; one instance serves all accounts."""

    def __init__(self):
        self._packs = Packs()

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
        """Create a pack or update it; it is in progress at first."""
        given, name = call.parameters, call.parameter("ConformancePackName") or ""
        if not _NAME.fullmatch(name):
            raise AwsError(
                "ValidationException",
                "Value at 'conformancePackName' must satisfy regular expression pattern: "
                f"{_NAME.pattern}",
            )
        if ("TemplateBody" in given) == ("TemplateS3Uri" in given):
            message = "Specify one of TemplateBody and TemplateS3Uri."
            raise AwsError("InvalidParameterValueException", message)
        self._packs.settled(call.account, call.region, name)
        template, values = pack_template.read(given, call.account, call.region)
        parameters = given.get("ConformancePackInputParameters") or []
        pack = self._packs.put(call.account, call.region, name, template, values, parameters)
        return json_result(call, {"ConformancePackArn": pack.arn})

    def describe(self, call, _):
        """Describe packs by name, or all in small pages."""
        known = self._packs.of(call.account, call.region)
        for name in call.parameter("ConformancePackNames") or []:
            if name not in known:
                raise no_such_pack(name)
        packs, following = self._asked(call)
        shown = [
            {
                **_identity(pack),
                "ConformancePackInputParameters": pack.parameters,
                "LastUpdateRequestedTime": pack.requested,
            }
            for pack in packs
        ]
        return json_result(call, {"ConformancePackDetails": shown, **following})

    def status(self, call, _):
        """Describe states: in progress once, and deleted for the last time."""
        packs, following = self._asked(call)
        shown = []
        for pack in packs:
            one = {
                **_identity(pack),
                "ConformancePackState": pack.state,
                "StackArn": _stack_arn(call, pack),
                "LastUpdateRequestedTime": pack.requested,
            }
            if not pack.in_progress:
                if pack.reason:
                    one["ConformancePackStatusReason"] = pack.reason
                else:
                    one["LastUpdateCompletedTime"] = pack.requested
            shown.append(one)
        self._packs.described(packs)
        return json_result(call, {"ConformancePackStatusDetails": shown, **following})

    def delete(self, call, _):
        """Delete a pack with its rules; it is in progress at first."""
        name = call.parameter("ConformancePackName") or ""
        self._packs.delete(call.account, call.region, name)
        return json_result(call, {})

    def _asked(self, call):
        names = call.parameter("ConformancePackNames") or []
        own = self._packs.of(call.account, call.region)
        kept = [pack for name, pack in own.items() if not names or name in names]
        listing = f"packs/{call.operation}/{call.account}/{call.region}"
        return page(call, kept, listing, _MAX_PAGE)


def _identity(pack):
    return {
        "ConformancePackName": pack.rules.name,
        "ConformancePackArn": pack.arn,
        "ConformancePackId": pack.rules.id,
    }


def _stack_arn(call, pack):
    """The ARN of the stack by which AWS Config creates the rules."""
    name = f"awsconfigconforms-{pack.rules.name}-{pack.rules.id}"
    return f"arn:{call.partition}:cloudformation:{call.region}:{call.account}:stack/{name}"
