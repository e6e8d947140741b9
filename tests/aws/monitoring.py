"""CloudWatch, Logs and KMS: paging, and the binary protocol that moto lacks."""

import io
import json
from datetime import datetime, timezone

from moto.logs.models import logs_backends

import cbor
import json_pages
import paging
import wire
import xml_pages

_TARGET = "GraniteServiceVersion20100801"


class Monitoring:
    """Handlers; the state is moto's."""

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("cloudwatch", "*"): self.translate,
            ("logs", "*"): self.group_first,
            ("kms", "*"): json_pages.paged,
        }

    def control(self):
        """These services need no control functions."""
        return {}

    @staticmethod
    def group_first(call, forward):
        """Filters belong to a log group that exists, and go with it."""
        name = call.parameters.get("logGroupName")
        backend = logs_backends[call.account][call.region]
        if call.operation in ("DescribeMetricFilters", "PutMetricFilter", "DeleteMetricFilter"):
            if name and name not in backend.groups:
                raise wire.AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        response = json_pages.paged(call, forward)
        if call.operation == "DeleteLogGroup" and response.status == 200:
            for kept in backend.filters.get_matching_filters(None, name, None, None):
                backend.filters.delete_filter(kept["filterName"], name)
        return response

    @staticmethod
    def translate(call, forward):
        """Page; pass a binary call on as JSON, and the answer back as binary."""
        if call.protocol == "query":
            return Monitoring._paged_alarms(call, forward)
        if call.protocol != "smithy-rpc-v2-cbor":
            return json_pages.paged(call, forward)
        given = cbor.decode(call.body) if call.body else {}
        body = json.dumps(given).encode()
        call.environ.update(
            {
                "wsgi.input": io.BytesIO(body),
                "CONTENT_LENGTH": str(len(body)),
                "CONTENT_TYPE": "application/x-amz-json-1.0",
                "HTTP_X_AMZ_TARGET": f"{_TARGET}.{call.operation}",
                "PATH_INFO": "/",
                "RAW_URI": "/",
            }
        )
        response = json_pages.paged(call, forward, given)
        answer = json.loads(response.body or b"{}")
        if response.status >= 300:
            code = answer.get("__type", "InternalFailure").rpartition("#")[2]
            return wire.error(call, code, answer.get("message", ""), response.status)
        shape = call.model.operation_model(call.operation).output_shape
        headers = {
            "Content-Type": "application/cbor",
            "smithy-protocol": "rpc-v2-cbor",
            "x-amzn-requestid": wire.request_id(),
        }
        return wire.Response(200, headers, cbor.encode(_typed(answer, shape) if shape else {}))

    @staticmethod
    def _paged_alarms(call, forward):
        """DescribeAlarms in XML, 50 alarms a page."""
        response = forward()
        if call.operation != "DescribeAlarms" or response.status != 200:
            return response
        size = int(call.form.get("MaxRecords", 50))
        try:
            root, holder, space, following = xml_pages.cut(
                response,
                call,
                ["MetricAlarms", "CompositeAlarms"],
                f"{call.operation}/{call.account}/{call.region}",
                call.form.get("NextToken"),
                size,
                "DescribeAlarmsResult",
            )
        except paging.InvalidToken as problem:
            raise wire.AwsError("InvalidNextToken", "The specified token is invalid.") from problem
        xml_pages.put(response, root, holder, space, {"NextToken": following})
        return response


def _typed(value, shape):
    """JSON values with times turned into times."""
    if value is None:
        return None
    if shape.type_name == "structure":
        return {name: _typed(part, shape.members[name]) for name, part in value.items() if name in shape.members}
    if shape.type_name == "list":
        return [_typed(part, shape.member) for part in value]
    if shape.type_name == "map":
        return {name: _typed(part, shape.value) for name, part in value.items()}
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, timezone.utc)
    if shape.type_name in ("double", "float"):
        return float(value)
    return value
