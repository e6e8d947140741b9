"""EC2 where moto differs from AWS: paging, Regions, unknown prefix lists."""

from urllib.parse import urlencode

from moto.core.utils import get_pagination_model
from moto.ec2.models import ec2_backends
from moto.utilities.utils import get_partition

from strictaws import paging, wire, xml_pages

#: Smallest and largest MaxResults where they are not 5 and 1000.
_LIMITS = {
    "DescribeManagedPrefixLists": (1, 100),
    "GetManagedPrefixListEntries": (1, 100),
    "DescribeFlowLogs": (1, 1000),
    "GetManagedPrefixListAssociations": (5, 255),
}


class Network:
    """Handlers; one instance serves all accounts. ``regions`` are the enabled ones."""

    def __init__(self, regions):
        self._regions = regions

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("ec2", "DescribeRegions"): self.describe_regions,
            ("ec2", "DescribeManagedPrefixLists"): self.prefix_lists,
            ("ec2", "GetManagedPrefixListEntries"): self.prefix_list_entries,
            ("ec2", "*"): self.paged,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {("POST", "ec2/regions"): self.set_regions}

    def set_regions(self, given):
        """Leave only these Regions enabled in an account; null undoes it."""
        self._regions.set(given["account"], given["regions"])
        return {"regions": given["regions"]}

    def describe_regions(self, call, _):
        """Enabled Regions, or with AllRegions every one and its state."""
        form = call.form
        everything = form.get("AllRegions") == "true"
        names = [value for key, value in form.items() if key.startswith("RegionName.")]
        enabled = self._regions.of(call.account)
        shown, known = [], set()
        for region in ec2_backends[call.account][call.region].regions:
            if get_partition(region.name) != call.partition:
                continue  # moto lists the Regions of all partitions
            known.add(region.name)
            state = region.opt_in_status
            if enabled is not None:
                state = "not-opted-in" if region.name not in enabled else "opt-in-not-required"
            shown.append(
                {"RegionName": region.name, "Endpoint": region.endpoint, "OptInStatus": state}
            )
        for name in names:
            if name not in known:
                raise wire.AwsError("InvalidParameterValue", f"Invalid region: {name}")
        wanted = self._filters(form)
        shown = [
            region
            for region in shown
            if (everything or region["OptInStatus"] != "not-opted-in")
            and (not names or region["RegionName"] in names)
            and all(
                region[field] in wanted[name]
                for name, field in (("region-name", "RegionName"), ("opt-in-status", "OptInStatus"))
                if name in wanted
            )
        ]
        return wire.xml_result(call, {"Regions": shown})

    @staticmethod
    def _filters(form):
        wanted = {}
        for key, value in form.items():
            parts = key.split(".")
            if parts[0] == "Filter" and parts[-1] == "Name":
                prefix = f"Filter.{parts[1]}.Value"
                wanted[value] = [v for k, v in form.items() if k.startswith(prefix)]
        return wanted

    def prefix_lists(self, call, forward):
        """DescribeManagedPrefixLists: unknown ids are an error."""
        for key, value in call.form.items():
            if key.startswith("PrefixListId."):
                self._known(call, value)
        return self.paged(call, forward)

    def prefix_list_entries(self, call, forward):
        """GetManagedPrefixListEntries: an unknown id is an error."""
        self._known(call, call.parameter("PrefixListId", ""))
        return self.paged(call, forward)

    @staticmethod
    def _known(call, identity):
        if identity not in ec2_backends[call.account][call.region].managed_prefix_lists:
            message = f"The prefix list ID '{identity}' does not exist"
            raise wire.AwsError("InvalidPrefixListID.NotFound", message)

    @staticmethod
    def paged(call, forward):
        """Cut pages out of moto's answers, which are complete or cut in another way."""
        form = call.form
        if "MaxResults" not in form and "NextToken" not in form:
            return forward()
        model = get_pagination_model("ec2").get(call.operation, {})
        if model.get("limit_key") != "MaxResults" or isinstance(model["result_key"], list):
            return forward()
        low, high = _LIMITS.get(call.operation, (5, 1000))
        size = form.get("MaxResults", str(high))
        if not size.lstrip("-").isdigit() or not low <= int(size) <= high:
            message = (
                f"Value ( {size} ) for parameter maxResults is invalid. "
                f"Expecting a value from {low} to {high}."
            )
            raise wire.AwsError("InvalidParameterValue", message)
        if (
            call.operation == "DescribeSecurityGroups"
            and "MaxResults" in form
            and "GroupId.1" in form
        ):
            message = "The parameter groupIds cannot be used with the parameter maxResults"
            raise wire.AwsError("InvalidParameterCombination", message)
        rest = {key: value for key, value in form.items() if key not in ("MaxResults", "NextToken")}
        call.replace_form(rest)
        response = forward()
        if response.status != 200:
            return response
        listing = f"{call.operation}/{call.account}/{call.region}/{urlencode(sorted(rest.items()))}"
        try:
            root, holder, space, following = xml_pages.cut(
                response, call, [model["result_key"]], listing, form.get("NextToken"), int(size)
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("InvalidNextToken", "The token is not valid.") from problem
        xml_pages.put(response, root, holder, space, {"nextToken": following})
        return response
