"""AWS Config as strict as AWS: results of custom rules, and item histories."""

import json
import time
import uuid
from collections import defaultdict
from datetime import datetime

from moto.config.models import config_backends

from services.config import evaluations
from services.config.functions import check_function
from strictaws import paging, wire

TEST_TOKEN = "TESTMODE"
PAGE = 10
NO_RECORDER = "NoAvailableConfigurationRecorderException"
_TYPES = ("COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE")
_TIME_FIELDS = (
    "configurationItemCaptureTime",
    "configurationItemDeliveryTime",
    "resourceCreationTime",
)


def epoch(value):
    """Seconds since the epoch of a number or an ISO 8601 text."""
    if isinstance(value, (int, float)):
        return float(value)
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()


def invalid(message):
    """The error for a request that breaks a declared constraint."""
    return wire.AwsError("ValidationException", message)


def no_such_rule(name):
    """The error for a rule that does not exist."""
    message = (
        f"The ConfigRule '{name}' provided in the request is invalid. "
        "Please check the configRule name"
    )
    return wire.AwsError("NoSuchConfigRuleException", message)


def check_recorder(account, region):
    """Rules cannot be made where there is no recorder, on or off."""
    if not config_backends[account][region].recorders:
        message = (
            "You must create a configuration recorder before you can create or update a "
            "Config rule."
        )
        raise wire.AwsError(NO_RECORDER, message)


class Rule:
    """What is stored for one rule in one account and Region."""

    def __init__(self):
        self.results = {}
        self.sizes = []
        self.invoked = self.succeeded = self.failed = self.error = None


class ConfigRules:
    """Handlers and state; one instance serves all accounts."""

    def __init__(self):
        self._tokens = {}
        self._rules = {}
        self._failures = []
        self._history = defaultdict(list)

    @property
    def by_rule(self):
        """What is stored, by account, Region and name of the rule."""
        return self._rules

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("config", "PutEvaluations"): self.put_evaluations,
            ("config", "GetComplianceDetailsByConfigRule"): self.compliance_details,
            ("config", "GetResourceConfigHistory"): self.resource_history,
            ("config", "PutConfigRule"): self.put_rule,
            ("config", "DeleteConfigRule"): self.delete_rule,
            ("config", "DescribeConfigurationRecorderStatus"): self.recorder_status,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "config/token"): self.issue_token,
            ("GET", "config/evaluations"): self.evaluations,
            ("POST", "config/age"): self.age,
            ("POST", "config/fail"): self.add_failure,
            ("POST", "config/history"): self.add_history,
        }

    # Control.

    def issue_token(self, given):
        """Register a rule and give out a result token for it."""
        key = (given["account"], given["region"], given["rule_name"])
        self._rules.setdefault(key, Rule())
        token = f"token-{uuid.uuid4().hex}"
        self._tokens[token] = key
        return {"token": token}

    def evaluations(self, given):
        """Everything stored for a rule, or for all rules of a Region."""
        found, sizes = [], []
        for (account, region, name), rule in self._rules.items():
            if account != given["account"] or given.get("region", region) != region:
                continue
            if given.get("rule", name) != name:
                continue
            sizes.extend(rule.sizes)
            for result in rule.results.values():
                found.append({"Rule": name, "Region": region, **result})
        found.sort(
            key=lambda item: (
                item["Rule"],
                item["ComplianceResourceType"],
                item["ComplianceResourceId"],
            )
        )
        return {"evaluations": found, "calls": len(sizes), "sizes": sizes}

    def age(self, given):
        """Let what is stored for a rule be so many days older."""
        rule = self._rules[given["account"], given["region"], given["rule_name"]]
        for result in rule.results.values():
            for name in ("OrderingTimestamp", "ResultRecordedTime", "ConfigRuleInvokedTime"):
                result[name] -= float(given["days"]) * 86400
        for name in ("invoked", "succeeded", "failed"):
            if getattr(rule, name) is not None:
                setattr(rule, name, getattr(rule, name) - float(given["days"]) * 86400)
        return {"results": len(rule.results)}

    def add_failure(self, given):
        """Let evaluations of these resources fail a number of times."""
        ids, times = list(given["resource_ids"]), int(given.get("times", 1))
        for resource in ids:
            self._failures.append({"account": given["account"], "id": resource, "left": times})
        return {"resource_ids": ids}

    def add_history(self, given):
        """Preload configuration items."""
        for item in given["items"]:
            item = dict(item)
            for name in _TIME_FIELDS:
                if item.get(name) is not None:
                    item[name] = epoch(item[name])
            if not isinstance(item.get("configuration", ""), str):
                item["configuration"] = json.dumps(item["configuration"])
            extra = item.get("supplementaryConfiguration") or {}
            item["supplementaryConfiguration"] = {
                key: value if isinstance(value, str) else json.dumps(value)
                for key, value in extra.items()
            }
            key = (given["account"], given["region"], item["resourceType"], item["resourceId"])
            self._history[key].append(item)
        return {"items": len(given["items"])}

    # AWS operations.

    def put_evaluations(self, call, _):
        """Store results, or say why not."""
        given = call.parameters
        token = given.get("ResultToken")
        if token is None:
            raise invalid(
                "Value null at 'resultToken' failed to satisfy constraint: Member must not be null"
            )
        entries = given.get("Evaluations") or []
        self._check_entries(entries)
        test_mode = given.get("TestMode") is True
        if token == TEST_TOKEN and test_mode:
            return wire.json_result(call, {"FailedEvaluations": []})
        key = self._tokens.get(token)
        if key is None or key[:2] != (call.account, call.region):
            raise wire.AwsError("InvalidResultTokenException", "The result token is invalid.")
        if not self._exists(*key):
            raise no_such_rule(key[2])
        if test_mode:
            return wire.json_result(call, {"FailedEvaluations": []})
        rule = self._rules.setdefault(key, Rule())
        rule.sizes.append(len(entries))
        failed = []
        now = rule.invoked = rule.succeeded = time.time()
        for entry in entries:
            if self._fails(call.account, entry["ComplianceResourceId"]):
                failed.append(entry)
                continue
            identity = (entry["ComplianceResourceType"], entry["ComplianceResourceId"])
            stored = rule.results.get(identity)
            ordering = epoch(entry["OrderingTimestamp"])
            if stored and stored["OrderingTimestamp"] > ordering:
                continue
            rule.results[identity] = {
                **entry,
                "OrderingTimestamp": ordering,
                "ResultRecordedTime": now,
                "ConfigRuleInvokedTime": now,
            }
        return wire.json_result(call, {"FailedEvaluations": failed})

    def _check_entries(self, entries):
        if len(entries) > 100:
            raise invalid(
                "1 validation error detected: Value at 'evaluations' failed to satisfy constraint: "
                f"Member must have length less than or equal to 100 (it has {len(entries)})"
            )
        seen = set()
        for number, entry in enumerate(entries, 1):
            where = f"evaluations.{number}.member"
            for name, limit in (("ComplianceResourceType", 256), ("ComplianceResourceId", 768)):
                value = entry.get(name)
                if not isinstance(value, str) or not 1 <= len(value) <= limit:
                    raise invalid(
                        f"Value {value!r} at '{where}.{name}' must have a length from 1 to {limit}"
                    )
            if entry.get("ComplianceType") not in _TYPES:
                kind = entry.get("ComplianceType")
                raise invalid(
                    f"Value {kind!r} at '{where}.ComplianceType' must be one of {list(_TYPES)}"
                )
            note = entry.get("Annotation")
            if note is not None and not (isinstance(note, str) and 1 <= len(note) <= 256):
                raise invalid(f"Value at '{where}.Annotation' must have a length from 1 to 256")
            if not isinstance(entry.get("OrderingTimestamp"), (int, float)):
                raise invalid(f"Value at '{where}.OrderingTimestamp' must be a timestamp")
            identity = (entry["ComplianceResourceType"], entry["ComplianceResourceId"])
            if identity in seen:
                raise invalid(f"Duplicate evaluation of {identity[0]} {identity[1]} in one request")
            seen.add(identity)

    def _fails(self, account, resource):
        for failure in self._failures:
            if (failure["account"], failure["id"]) == (account, resource) and failure["left"] > 0:
                failure["left"] -= 1
                return True
        return False

    def _exists(self, account, region, name):
        return (account, region, name) in self._rules or name in config_backends[account][
            region
        ].config_rules

    def compliance_details(self, call, _):
        """One page of a rule's stored results."""
        given = call.parameters
        name, limit = given.get("ConfigRuleName"), given.get("Limit") or PAGE
        if not isinstance(name, str) or not 1 <= len(name) <= 64:
            raise invalid(
                f"1 validation error detected: Value '{name}' at 'configRuleName' failed to "
                "satisfy constraint: Member must have length less than or equal to 64"
            )
        if not 0 < limit <= 100:
            raise invalid("Value at 'limit' must be from 0 to 100")
        wanted = given.get("ComplianceTypes") or []
        if any(kind not in _TYPES for kind in wanted) or len(wanted) > 3:
            raise wire.AwsError(
                "InvalidParameterValueException",
                f"ComplianceTypes must be among {', '.join(_TYPES)}.",
            )
        if not self._exists(call.account, call.region, name):
            raise no_such_rule(name)
        rule = self._rules.get((call.account, call.region, name), Rule())
        kept = []
        for identity, result in sorted(rule.results.items()):
            kind = result["ComplianceType"]
            if kind == "NOT_APPLICABLE" or (wanted and kind not in wanted):
                continue
            shown = {
                "EvaluationResultIdentifier": {
                    "EvaluationResultQualifier": {
                        "ConfigRuleName": name,
                        "ResourceType": identity[0],
                        "ResourceId": identity[1],
                        "EvaluationMode": "DETECTIVE",
                    },
                    "OrderingTimestamp": result["OrderingTimestamp"],
                },
                "ComplianceType": kind,
                "ResultRecordedTime": result["ResultRecordedTime"],
                "ConfigRuleInvokedTime": result["ConfigRuleInvokedTime"],
            }
            if "Annotation" in result:
                shown["Annotation"] = result["Annotation"]
            kept.append(shown)
        part, following = self._page(
            kept, f"{call.account}/{call.region}/{name}", given.get("NextToken"), limit
        )
        answer = {"EvaluationResults": part}
        if following:
            answer["NextToken"] = following
        return wire.json_result(call, answer)

    @staticmethod
    def _page(items, listing, token, size):
        try:
            return paging.page(items, listing, token, size)
        except paging.InvalidToken as problem:
            raise wire.AwsError(
                "InvalidNextTokenException", "The nextToken provided is invalid"
            ) from problem

    def resource_history(self, call, _):
        """The preloaded items of a resource, newest first by default."""
        given = call.parameters
        kind, identity = given.get("resourceType"), given.get("resourceId")
        known = call.model.shape_for("ResourceType").enum
        if kind not in known:
            raise invalid(f"Value '{kind}' at 'resourceType' is not a resource type of AWS Config")
        if not isinstance(identity, str) or not 1 <= len(identity) <= 768:
            raise invalid("Value at 'resourceId' must have a length from 1 to 768")
        limit = given.get("limit") or PAGE
        if not 0 < limit <= 100:
            raise wire.AwsError("InvalidLimitException", "The limit must be from 0 to 100.")
        items = self._history.get((call.account, call.region, kind, identity))
        if not items:
            raise wire.AwsError(
                "ResourceNotDiscoveredException",
                f"Resource {identity} of resourceType:{kind} is unknown or has not been discovered",
            )
        later, earlier = given.get("laterTime"), given.get("earlierTime")
        if later is not None and earlier is not None and later < earlier:
            raise wire.AwsError(
                "InvalidTimeRangeException", "The earlier time is after the later time."
            )

        def captured(item):
            return item.get("configurationItemCaptureTime", 0)

        kept = [
            item
            for item in sorted(
                items, key=captured, reverse=given.get("chronologicalOrder", "Reverse") == "Reverse"
            )
            if (later is None or captured(item) <= later)
            and (earlier is None or captured(item) >= earlier)
        ]
        listing = f"history/{call.account}/{call.region}/{kind}/{identity}"
        part, following = self._page(kept, listing, given.get("nextToken"), limit)
        answer = {"configurationItems": part}
        if following:
            answer["nextToken"] = following
        return wire.json_result(call, answer)

    @staticmethod
    def put_rule(call, forward):
        """Only where there is a recorder, and with functions that AWS Config may invoke."""
        check_recorder(call.account, call.region)
        source = (call.parameter("ConfigRule") or {}).get("Source", {})
        if source.get("Owner") == "CUSTOM_LAMBDA":
            check_function(source.get("SourceIdentifier", ""), call.account, call.region)
        answer = forward()
        if answer.status == 200:
            name = call.parameter("ConfigRule")["ConfigRuleName"]
            evaluations.request(call.account, call.region, [name])
        return answer

    @staticmethod
    def recorder_status(call, forward):
        """Describe one recorder; its first delivery has succeeded when it is described."""
        if len(call.parameter("ConfigurationRecorderNames") or []) > 1:
            raise invalid("You can only specify one configuration recorder.")
        response = forward()
        if response.status == 200:
            for recorder in config_backends[call.account][call.region].recorders.values():
                if recorder.status.recording:
                    recorder.status.last_status = "SUCCESS"
        return response

    def delete_rule(self, call, forward):
        """A deleted rule takes its results and tokens along."""
        key = (call.account, call.region, call.parameter("ConfigRuleName"))
        known_here = self._rules.pop(key, None)
        self._tokens = {token: owner for token, owner in self._tokens.items() if owner != key}
        if known_here and key[2] not in config_backends[key[0]][key[1]].config_rules:
            return wire.json_result(call, {})
        return forward()
