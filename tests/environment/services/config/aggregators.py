"""Aggregators of AWS Config: what rules of many accounts and Regions come to."""

import re
import time

from moto.config.models import config_backends

from deployment.errors import refused
from deployment.organizations import members
from deployment.resource_types.added import Added
from strictaws import paging, wire

#: AWS gives up to 1,000 rules and 100 sources at a time; it may give fewer, and pages without any.
RULES_PAGE = 10
SOURCES_PAGE = 3
GROUPS_PAGE = 2
#: AWS Config counts no more resources of a rule.
MOST_CONTRIBUTORS = 25
_NAME = re.compile(r"[\w\-]{1,256}")


def no_such_aggregator(name):
    """The error for an aggregator that does not exist."""
    message = (
        f"The configuration aggregator {name} does not exist. "
        "Check the configuration aggregator name and try again."
    )
    return wire.AwsError("NoSuchConfigurationAggregatorException", message)


class Aggregator(Added):
    """``AWS::Config::ConfigurationAggregator`` over an organization."""

    TYPE, NAME = "AWS::Config::ConfigurationAggregator", "ConfigurationAggregatorName"

    def put(self, properties, account, region):
        """Create the aggregator."""
        if not (
            members.is_management(account) or members.is_delegated(account, members.AGGREGATORS)
        ):
            message = (
                "This action can only be made by the organization's management account or a "
                "delegated administrator of AWS Config."
            )
            raise refused(message, "OrganizationAccessDeniedException")
        config_backends[account][region].put_configuration_aggregator(properties)

    def remove(self, account, region):
        """Delete the aggregator."""
        config_backends[account][region].delete_configuration_aggregator(self.name)


class Aggregators:
    """Handlers and state; the aggregators themselves are moto's.

    ``rules`` are the stored results of all accounts.
    """

    def __init__(self, rules):
        self._rules = rules
        self._recorded = set()
        self._statuses = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("config", "DescribeAggregateComplianceByConfigRules"): self.compliance,
            ("config", "DescribeConfigurationAggregatorSourcesStatus"): self.sources,
            ("config", "GetAggregateDiscoveredResourceCounts"): self.counts,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "config/recorded"): self.record,
            ("POST", "config/source-status"): self.set_status,
        }

    # Control.

    def record(self, given):
        """AWS Config has resources in a Region of the account, though no rule."""
        self._recorded.add((given["account"], given["region"]))
        return {"recorded": len(self._recorded)}

    def set_status(self, given):
        """How the last update of an account's Region ended, or that AWS lists no such source."""
        self._statuses[given["account"], given.get("region")] = (
            given["status"],
            given.get("message"),
        )
        return {"statuses": len(self._statuses)}

    # What there is.

    def _aggregator(self, call):
        name = call.parameters.get("ConfigurationAggregatorName")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise wire.AwsError(
                "ValidationException",
                f"Value '{name}' at 'configurationAggregatorName' is not valid",
            )
        aggregator = config_backends[call.account][call.region].config_aggregators.get(name)
        if aggregator is None:
            raise no_such_aggregator(name)
        return aggregator

    def _places(self, call, aggregator):
        """The accounts and Regions of an aggregator in which AWS Config holds anything."""
        if aggregator.organization_aggregation_source:
            # A delegated administrator aggregates the organization of its management account.
            organization = members.of(call.account)
            accounts = set(members.accounts(organization)) if organization else set()
            source = aggregator.organization_aggregation_source
        else:
            (source,) = aggregator.account_aggregation_sources
            accounts = set(source.account_ids)
        known = {key[:2] for key in self._rules.by_rule} | self._recorded
        regions = source.aws_regions
        return sorted(
            place
            for place in known
            if place[0] in accounts and (not regions or place[1] in regions)
        )

    @staticmethod
    def _page(call, items, size):
        name = call.parameters.get("ConfigurationAggregatorName")
        listing = f"{call.operation}/{call.account}/{call.region}/{name}"
        try:
            return paging.page(items, listing, call.parameters.get("NextToken"), size)
        except paging.InvalidToken as problem:
            raise wire.AwsError(
                "InvalidNextTokenException", "The nextToken provided is invalid"
            ) from problem

    # AWS operations.

    def compliance(self, call, _):
        """The compliance of all rules that have results; the first page is empty, as it may be."""
        places = set(self._places(call, self._aggregator(call)))
        limit = call.parameters.get("Limit") or 1000
        if not 0 < limit <= 1000:
            raise wire.AwsError("InvalidLimitException", "The limit must be from 0 to 1000.")
        rules = []
        for (account, region, name), rule in sorted(self._rules.by_rule.items()):
            if (account, region) not in places or not rule.results:
                continue
            kinds = [result["ComplianceType"] for result in rule.results.values()]
            failing = kinds.count("NON_COMPLIANT")
            compliance = {
                "ComplianceType": "COMPLIANT" if "COMPLIANT" in kinds else "INSUFFICIENT_DATA"
            }
            if failing:
                count = {
                    "CappedCount": min(failing, MOST_CONTRIBUTORS),
                    "CapExceeded": failing > MOST_CONTRIBUTORS,
                }
                compliance = {
                    "ComplianceType": "NON_COMPLIANT",
                    "ComplianceContributorCount": count,
                }
            rules.append(
                {
                    "ConfigRuleName": name,
                    "AccountId": account,
                    "AwsRegion": region,
                    "Compliance": compliance,
                }
            )
        size = min(limit, RULES_PAGE)
        part, following = self._page(call, [None] * size + rules, size)
        answer = {"AggregateComplianceByConfigRules": [rule for rule in part if rule]}
        if following:
            answer["NextToken"] = following
        return wire.json_result(call, answer)

    def sources(self, call, _):
        """How current each account's Region is; of an organization that comes first."""
        aggregator = self._aggregator(call)
        listed = [(place, "ACCOUNT") for place in self._places(call, aggregator)]
        if aggregator.organization_aggregation_source:
            listed.insert(0, ((call.account, None), "ORGANIZATION"))
        sources = []
        for (account, region), kind in listed:
            status, message = self._statuses.get((account, region), ("SUCCEEDED", None))
            if status is None:
                continue
            source = {
                "SourceId": account if region else "Organization",
                "SourceType": kind,
                "AwsRegion": region or call.region,
                "LastUpdateStatus": status,
                "LastUpdateTime": time.time(),
            }
            if message:
                source.update({"LastErrorCode": "AggregationFailure", "LastErrorMessage": message})
            sources.append(source)
        part, following = self._page(call, sources, SOURCES_PAGE)
        answer = {"AggregatedSourceStatusList": part}
        if following:
            answer["NextToken"] = following
        return wire.json_result(call, answer)

    def counts(self, call, _):
        """How many resources are recorded, by account or Region."""
        given = call.parameters
        places = self._places(call, self._aggregator(call))
        filters = given.get("Filters") or {}
        if "AccountId" in filters:
            places = [place for place in places if place[0] == filters["AccountId"]]
        keys = {"ACCOUNT_ID": 0, "AWS_REGION": 1}
        if given.get("GroupByKey") not in keys:
            raise NotImplementedError("counts that are not grouped by account or Region")
        names = sorted({place[keys[given["GroupByKey"]]] for place in places})
        part, following = self._page(call, names, GROUPS_PAGE)
        answer = {
            "TotalDiscoveredResources": len(places),
            "GroupByKey": given["GroupByKey"],
            "GroupedResourceCounts": [{"GroupName": name, "ResourceCount": 1} for name in part],
        }
        if following:
            answer["NextToken"] = following
        return wire.json_result(call, answer)
