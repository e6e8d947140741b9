"""CloudWatch where moto differs from AWS: pages of alarms, and the binary protocol."""

import io
import json
from collections import defaultdict
from datetime import UTC, datetime

from strictaws import cbor, json_pages, paging, wire, xml_pages

_TARGET = "GraniteServiceVersion20100801"
_PAGES = json_pages.Pages({"DescribeAlarms": 50}, "InvalidNextToken")


class CloudWatch:
    """Handlers; the state is moto's, but for mute rules, which moto lacks."""

    def __init__(self):
        self._mute_rules = defaultdict(dict)

    def handlers(self):
        """Handlers by (service, operation)."""
        return {("cloudwatch", "*"): self.answer}

    def control(self):
        """Control functions by (method, path): none."""
        return {}

    def answer(self, call, forward):
        """Mute rules are kept here; the rest is passed on."""
        own = {"PutAlarmMuteRule": self._put_rule, "ListAlarmMuteRules": self._list_rules}
        if call.operation not in own:
            return self.translate(call, forward)
        is_binary = call.protocol == "smithy-rpc-v2-cbor"
        decode = cbor.decode if is_binary else json.loads
        answer = own[call.operation](call, decode(call.body) if call.body else {})
        if not is_binary:
            return wire.json_result(call, answer)
        headers = {
            "Content-Type": "application/cbor",
            "smithy-protocol": "rpc-v2-cbor",
            "x-amzn-requestid": wire.request_id(),
        }
        return wire.Response(200, headers, cbor.encode(answer))

    def _put_rule(self, call, given):
        alarms = given.get("MuteTargets", {}).get("AlarmNames", [])
        self._mute_rules[call.account, call.region][given["Name"]] = list(alarms)
        return {}

    def _list_rules(self, call, given):
        wanted, size = given.get("AlarmName"), int(given.get("MaxRecords", 50))
        arn = f"arn:{call.partition}:cloudwatch:{call.region}:{call.account}:alarm-mute-rule:"
        rules = [
            {
                "AlarmMuteRuleArn": arn + name,
                "Status": "SCHEDULED",
                "MuteType": "RECURRING",
                "LastUpdatedTimestamp": datetime(2026, 1, 1, tzinfo=UTC)
                if call.protocol == "smithy-rpc-v2-cbor"
                else 1767225600,
            }
            for name, alarms in sorted(self._mute_rules[call.account, call.region].items())
            if wanted is None or wanted in alarms
        ]
        listing = f"mute-rules/{call.account}/{call.region}/{wanted or ''}"
        try:
            part, following = paging.page(rules, listing, given.get("NextToken"), size)
        except paging.InvalidToken as problem:
            raise wire.AwsError("InvalidNextToken", "The specified token is invalid.") from problem
        answer = {"AlarmMuteRuleSummaries": part}
        if following:
            answer["NextToken"] = following
        return answer

    @staticmethod
    def translate(call, forward):
        """Page; pass a binary call on as JSON, and the answer back as binary."""
        if call.protocol == "query":
            return CloudWatch._paged_alarms(call, forward)
        if call.protocol != "smithy-rpc-v2-cbor":
            return _PAGES.cut(call, forward)
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
        response = _PAGES.cut(call, forward, given)
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
        return {
            name: _typed(part, shape.members[name])
            for name, part in value.items()
            if name in shape.members
        }
    if shape.type_name == "list":
        return [_typed(part, shape.member) for part in value]
    if shape.type_name == "map":
        return {name: _typed(part, shape.value) for name, part in value.items()}
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC)
    if shape.type_name in ("double", "float"):
        return float(value)
    return value
