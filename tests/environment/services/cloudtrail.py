"""CloudTrail's reads: home Regions, shadow trails, organization trails."""

import calendar
import json
from collections import defaultdict

from moto.cloudtrail.models import cloudtrail_backends

from services.config.results import epoch
from strictaws import paging, wire

PAGE = 3
_DEFAULT_SELECTOR = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}
_STATUS_TIMES = (
    "LatestDeliveryTime",
    "LatestNotificationTime",
    "StartLoggingTime",
    "StopLoggingTime",
    "LatestCloudWatchLogsDeliveryTime",
    "LatestDigestDeliveryTime",
)


class Trails:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._status = defaultdict(dict)
        self._foreign = defaultdict(dict)

    def handlers(self):
        """Handlers by (service, operation)."""
        own = {
            "ListTrails": self.list_trails,
            "DescribeTrails": self.describe_trails,
            "GetTrail": self.get_trail,
            "GetTrailStatus": self.get_status,
            "GetEventSelectors": self.get_selectors,
            "UpdateTrail": self.update_trail,
        }
        return {("cloudtrail", name): function for name, function in own.items()}

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "cloudtrail/status"): self.set_status,
            ("POST", "cloudtrail/organization-trail"): self.add_foreign,
        }

    # Control.

    def set_status(self, given):
        """Override fields of a trail's status; null takes a field away."""
        fields = {
            name: epoch(value) if name in _STATUS_TIMES and value is not None else value
            for name, value in given["fields"].items()
        }
        self._status[given["account"], given["trail_arn"]].update(fields)
        return {"ok": True}

    def add_foreign(self, given):
        """Show another account's organization trail in a member."""
        trail = {"IsOrganizationTrail": True, "IsMultiRegionTrail": True, **given["trail"]}
        for name in ("Name", "TrailARN", "HomeRegion"):
            if not trail.get(name):
                raise ValueError(f"the trail needs {name}")
        self._foreign[given["account"]][trail["TrailARN"]] = {**given, "trail": trail}
        return {"ok": True}

    @staticmethod
    def update_trail(call, forward):
        """Answer without the members that moto adds, which ``GetTrail`` has."""
        response = forward()
        if response.status == 200:
            answer = json.loads(response.body)
            for name in ("HasCustomEventSelectors", "HasInsightSelectors", "HomeRegion"):
                answer.pop(name, None)
            response.body = json.dumps(answer).encode()
        return response

    # Looking trails up.

    @staticmethod
    def _own(call):
        backends = cloudtrail_backends[call.account]
        return [trail for backend in list(backends.values()) for trail in backend.trails.values()]

    @staticmethod
    def _describe(trail):
        shown = {
            key: value
            for key, value in trail.description(include_region=True).items()
            if value not in (None, "")
        }
        shown["HasCustomEventSelectors"] = bool(
            trail.event_selectors or trail.advanced_event_selectors
        )
        shown["HasInsightSelectors"] = bool(trail.insight_selectors)
        return shown

    def _foreign_here(self, call):
        for entry in self._foreign[call.account].values():
            trail = entry["trail"]
            if trail["IsMultiRegionTrail"] or trail["HomeRegion"] == call.region:
                yield entry

    def _at_home(self, call, name):
        """Our trail of that name or ARN, if this is its home Region."""
        for trail in self._own(call):
            if trail.region_name == call.region and name in (trail.trail_name, trail.arn):
                return trail
        return None

    def _foreign_at_home(self, call, name):
        entry = self._foreign[call.account].get(name)
        return entry if entry and entry["trail"]["HomeRegion"] == call.region else None

    @staticmethod
    def _unknown(call, name):
        return wire.AwsError(
            "TrailNotFoundException", f"Unknown trail: {name} for the user: {call.account}", 400
        )

    # AWS operations.

    def list_trails(self, call, _):
        """Trails of all Regions, in small pages."""
        shown = [trail.short() for trail in self._own(call)]
        for entry in self._foreign[call.account].values():
            shown.append(
                {name: entry["trail"][name] for name in ("TrailARN", "Name", "HomeRegion")}
            )
        shown.sort(key=lambda trail: trail["TrailARN"])
        try:
            part, following = paging.page(
                shown, f"trails/{call.account}", call.parameter("NextToken"), PAGE
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("InvalidNextTokenException", "The token is not valid.") from problem
        answer = {"Trails": part}
        if following:
            answer["NextToken"] = following
        return wire.json_result(call, answer)

    def describe_trails(self, call, _):
        """Trails that show in this Region, or those that are named."""
        names = call.parameter("trailNameList") or []
        shadows = call.parameter("includeShadowTrails")
        shadows = True if shadows is None else shadows
        shown = []
        for trail in self._own(call):
            here = trail.region_name == call.region
            if names:
                wanted = trail.arn in names or (here and trail.trail_name in names)
            else:
                wanted = here or (shadows and trail.is_multi_region)
            if wanted:
                shown.append(self._describe(trail))
        for entry in self._foreign[call.account].values():
            if entry["trail"]["TrailARN"] in names:
                shown.append(entry["trail"])
        if shadows and not names:
            shown.extend(entry["trail"] for entry in self._foreign_here(call))
        return wire.json_result(call, {"trailList": shown})

    def get_trail(self, call, _):
        """One trail; from elsewhere by ARN, if it is a multi-Region one."""
        name = call.parameter("Name") or ""
        trail = self._at_home(call, name)
        if trail is None:
            trail = next((t for t in self._own(call) if t.arn == name and t.is_multi_region), None)
        if trail is not None:
            return wire.json_result(call, {"Trail": self._describe(trail)})
        for entry in self._foreign_here(call):
            if entry["trail"]["TrailARN"] == name:
                return wire.json_result(call, {"Trail": entry["trail"]})
        raise self._unknown(call, name)

    def get_status(self, call, _):
        """The status of a trail in its home Region."""
        name = call.parameter("Name") or ""
        foreign = self._foreign_at_home(call, name)
        if foreign:
            if foreign.get("status") is None:
                message = (
                    "User is not authorized to perform: cloudtrail:GetTrailStatus on resource: "
                    f"{name}"
                )
                raise wire.AwsError("AccessDeniedException", message)
            status = {
                key: epoch(value) if key in _STATUS_TIMES and value is not None else value
                for key, value in foreign["status"].items()
            }
            arn = name
        else:
            trail = self._at_home(call, name)
            if trail is None:
                raise self._unknown(call, name)
            arn, state = trail.arn, trail.status
            status = {"IsLogging": state.is_logging}
            for field, moment in (
                ("StartLoggingTime", state.started),
                ("StopLoggingTime", state.stopped),
            ):
                if moment:
                    status[field] = calendar.timegm(moment.timetuple())
            if state.started:
                status["LatestDeliveryTime"] = status["StartLoggingTime"]
        status.update(self._status[call.account, arn])
        return wire.json_result(
            call, {key: value for key, value in status.items() if value is not None}
        )

    def get_selectors(self, call, _):
        """A trail's event selectors, AWS's default when none were put."""
        name = call.parameter("TrailName") or ""
        foreign = self._foreign_at_home(call, name)
        if foreign:
            given = foreign.get("event_selectors")
            if given is None:
                given = {"EventSelectors": [_DEFAULT_SELECTOR]}
            elif isinstance(given, list):
                given = {"EventSelectors": given}
            return wire.json_result(call, {"TrailARN": name, **given})
        trail = self._at_home(call, name)
        if trail is None:
            raise self._unknown(call, name)
        answer = {"TrailARN": trail.arn}
        if trail.advanced_event_selectors and not trail.event_selectors:
            answer["AdvancedEventSelectors"] = trail.advanced_event_selectors
        else:
            selectors = trail.event_selectors or [_DEFAULT_SELECTOR]
            answer["EventSelectors"] = [{**_DEFAULT_SELECTOR, **selector} for selector in selectors]
        return wire.json_result(call, answer)
