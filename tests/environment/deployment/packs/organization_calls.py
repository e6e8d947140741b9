"""The operations on conformance packs of organizations."""

from deployment.packs.organization import invalid
from deployment.packs.paging import page
from strictaws.wire import json_result

_MAX_PAGE = 100
_MAX_NAMES = 25


class OrganizationPackCalls:
    """Handlers; one instance serves all accounts. ``packs`` are the packs of all organizations."""

    def __init__(self, packs):
        self._packs = packs
        self._stuck = set()

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "PutOrganizationConformancePack": self.put,
            "DescribeOrganizationConformancePacks": self.describe,
            "DescribeOrganizationConformancePackStatuses": self.statuses,
            "GetOrganizationConformancePackDetailedStatus": self.detailed,
            "DeleteOrganizationConformancePack": self.delete,
        }
        return {("config", operation): handler for operation, handler in own.items()}

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "config/stuck-packs"): self.set_stuck}

    def set_stuck(self, given):
        """Let the status of an account's packs as a whole stay in progress forever.

        Users report this of delegated administrators.
        """
        (self._stuck.add if given["stuck"] else self._stuck.discard)(given["account"])
        return {"stuck": given["stuck"]}

    def put(self, call, _):
        """Create a pack or update it; it is in progress at first."""
        pack = self._packs.put(call.account, call.region, call.parameters, waits=False)
        return json_result(call, {"OrganizationConformancePackArn": pack.arn})

    def delete(self, call, _):
        """Delete a pack; it is in progress at first."""
        self._packs.delete(call.account, call.region, _name(call), waits=False)
        return json_result(call, {})

    def describe(self, call, _):
        """Describe packs by name, or all in small pages."""
        packs, following = self._asked(call)
        names = (
            "ConformancePackInputParameters",
            "ExcludedAccounts",
            "DeliveryS3Bucket",
            "DeliveryS3KeyPrefix",
        )
        shown = [
            {
                "OrganizationConformancePackName": pack.name,
                "OrganizationConformancePackArn": pack.arn,
                "LastUpdateTime": pack.state.time,
                "ConformancePackInputParameters": [],
                "ExcludedAccounts": [],
                **{name: pack.properties[name] for name in names if pack.properties.get(name)},
            }
            for pack in packs
        ]
        return json_result(call, {"OrganizationConformancePacks": shown, **following})

    def statuses(self, call, _):
        """Describe states: in progress once, and deleted for the last time."""
        packs, following = self._asked(call)
        is_stuck = call.account in self._stuck
        shown = [
            {
                "OrganizationConformancePackName": pack.name,
                **pack.state.shown(pack.in_progress or is_stuck),
            }
            for pack in packs
        ]
        for pack in packs:
            self._packs.described(pack)
        return json_result(call, {"OrganizationConformancePackStatuses": shown, **following})

    def detailed(self, call, _):
        """Describe the state in each account, in small pages."""
        self._packs.backend(call.account)
        pack = self._packs.find(call.account, call.region, _name(call))
        filters = call.parameter("Filters") or {}
        shown = [
            {
                "AccountId": account,
                "ConformancePackName": pack.in_members.name,
                **state.shown(pack.in_progress),
            }
            for account, state in pack.members.items()
        ]
        kept = [
            one
            for one in shown
            if filters.get("AccountId", one["AccountId"]) == one["AccountId"]
            and filters.get("Status", one["Status"]) == one["Status"]
        ]
        part, following = page(call, kept, f"organization-pack/{pack.arn}", _MAX_PAGE)
        if not following:
            self._packs.described(pack)
        answer = {"OrganizationConformancePackDetailedStatuses": part, **following}
        return json_result(call, answer)

    def _asked(self, call):
        self._packs.backend(call.account)
        names = call.parameter("OrganizationConformancePackNames") or []
        if len(names) > _MAX_NAMES:
            constraint = f"Member must have length less than or equal to {_MAX_NAMES}"
            raise invalid("organizationConformancePackNames", constraint)
        if names:
            return [self._packs.find(call.account, call.region, name) for name in names], {}
        listing = f"organization-packs/{call.operation}/{call.account}/{call.region}"
        return page(call, self._packs.of(call.account, call.region), listing, _MAX_PAGE)


def _name(call):
    return call.parameter("OrganizationConformancePackName")
