"""CloudWatch Logs where moto differs from AWS: filters of groups, and their pages."""

from moto.logs.models import logs_backends

from strictaws import wire
from strictaws.json_pages import Pages

_PAGES = Pages({"DescribeMetricFilters": 50}, "InvalidParameterException")
_OF_GROUPS = ("DescribeMetricFilters", "PutMetricFilter", "DeleteMetricFilter")


class Logs:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("logs", "*"): self.group_first}

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    @staticmethod
    def group_first(call, forward):
        """Reject filters of missing log groups; delete the filters of a group with the group."""
        name = call.parameters.get("logGroupName")
        backend = logs_backends[call.account][call.region]
        if call.operation in _OF_GROUPS and name and name not in backend.groups:
            message = "The specified log group does not exist."
            raise wire.AwsError("ResourceNotFoundException", message)
        response = _PAGES.cut(call, forward)
        if call.operation == "DeleteLogGroup" and response.status == 200:
            for kept in backend.filters.get_matching_filters(None, name, None, None):
                backend.filters.delete_filter(kept["filterName"], name)
        return response
