"""When rules were evaluated, and evaluations that are started on demand."""

import time

from moto.config.models import config_backends

from deployment.organizations import members
from services.config import evaluations
from services.config.functions import check_function
from services.config.results import Rule, invalid, no_such_rule
from strictaws import paging, wire

# https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
MAX_NAMES = 25
INTERVAL = 60
_MAX_PAGE = 50
_PAGE = 10


class EvaluationStatus:
    """Handlers and state; one instance serves all accounts. ``rules`` are what Config stores."""

    def __init__(self, rules):
        self._rules = rules
        self._activated = {}
        self._started = {}
        self._intervals = {}

    def handlers(self):
        """Handlers by (service, operation)."""
        return {
            ("config", "DescribeConfigRuleEvaluationStatus"): self.describe,
            ("config", "StartConfigRulesEvaluation"): self.start,
        }

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "config/evaluated"): self.set_evaluated,
            ("POST", "config/start-interval"): self.set_interval,
            ("GET", "config/started"): self.started,
        }

    # Control.

    def set_evaluated(self, given):
        """Let rules have been evaluated so many days ago, or have failed so.

        All rules of an account, unless a Region or a rule is named; of all
        accounts of its organization, where that is asked for. With ``made``
        they were made so many days ago, and nothing else.
        """
        accounts = [given["account"]]
        if given.get("organization"):
            accounts = list(members.accounts(members.of(given["account"])))
        at, error = time.time() - float(given.get("days", 0)) * 86400, given.get("error")
        count = 0
        made = given.get("made")
        for account in accounts:
            for region, backend in config_backends[account].items():
                if given.get("region", region) != region:
                    continue
                for name in backend.config_rules:
                    if given.get("rule_name", name) != name:
                        continue
                    count += 1
                    if made is None:
                        self._note(account, region, name, at, error)
                    else:
                        rule_id = backend.config_rules[name].config_rule_id
                        self._activated[rule_id] = time.time() - float(made) * 86400
        return {"rules": count}

    def _note(self, account, region, name, at, error):
        rule = self._rules.by_rule.setdefault((account, region, name), Rule())
        rule.invoked = at
        if error is None:
            rule.succeeded = at
        else:
            rule.failed, rule.error = at, (error["code"], error["message"])

    def set_interval(self, given):
        """Set how many seconds have to lie between two starts in an account and Region."""
        self._intervals[given["account"]] = float(given["seconds"])
        return {"seconds": given["seconds"]}

    def started(self, given):
        """The rules whose evaluation was started, by call."""
        return {
            "started": [
                {"region": region, "rules": names}
                for (account, region), calls in self._started.items()
                if account == given["account"]
                for _, names in calls
            ]
        }

    # AWS operations.

    def describe(self, call, _):
        """When rules were invoked and evaluated, in pages."""
        given, known = call.parameters, config_backends[call.account][call.region].config_rules
        names = given.get("ConfigRuleNames") or []
        _check_names(names)
        for name in names:
            if name not in known:
                raise no_such_rule(name)
        limit = given.get("Limit") or _PAGE
        if not 0 < limit <= _MAX_PAGE:
            raise wire.AwsError("InvalidLimitException", "The limit must be from 0 to 50.")
        listing = f"evaluation-status/{call.account}/{call.region}/{names}"
        try:
            part, following = paging.page(
                names or list(known), listing, given.get("NextToken"), limit
            )
        except paging.InvalidToken as problem:
            message = "The nextToken provided is invalid"
            raise wire.AwsError("InvalidNextTokenException", message) from problem
        shown = [self._shown(call, name, known[name]) for name in part]
        more = {"NextToken": following} if following else {}
        return wire.json_result(call, {"ConfigRulesEvaluationStatus": shown, **more})

    def _shown(self, call, name, config_rule):
        rule = self._rules.by_rule.get((call.account, call.region, name), Rule())
        code, message = rule.error or (None, None)
        shown = {
            "ConfigRuleName": name,
            "ConfigRuleArn": config_rule.config_rule_arn,
            "ConfigRuleId": config_rule.config_rule_id,
            "LastSuccessfulInvocationTime": rule.invoked,
            "LastSuccessfulEvaluationTime": rule.succeeded,
            "LastFailedEvaluationTime": rule.failed,
            "LastErrorCode": code,
            "LastErrorMessage": message,
            # moto stores no time: the first read of a rule counts as its creation.
            "FirstActivatedTime": self._activated.setdefault(
                config_rule.config_rule_id, time.time()
            ),
            "FirstEvaluationStarted": rule.invoked is not None,
        }
        return {key: value for key, value in shown.items() if value is not None}

    def start(self, call, _):
        """Note that rules are to be evaluated.

        Functions that AWS Config may not invoke have failed.
        """
        place, known = (call.account, call.region), config_backends[call.account][call.region]
        names = call.parameters.get("ConfigRuleNames") or []
        _check_names(names)
        for name in names:
            if name not in known.config_rules:
                raise no_such_rule(name)
        calls = self._started.setdefault(place, [])
        interval = self._intervals.get(call.account, INTERVAL)
        if calls and time.time() - calls[-1][0] < interval:
            message = (
                "StartConfigRulesEvaluation was called less than a minute ago, or an evaluation "
                "is in progress."
            )
            raise wire.AwsError("LimitExceededException", message)
        calls.append((time.time(), names))
        for name in names:
            source = known.config_rules[name].source
            if source.owner != "CUSTOM_LAMBDA":
                continue
            try:
                check_function(source.source_identifier, *place)
            except wire.AwsError as problem:
                error = {"code": problem.code, "message": problem.message}
                self._note(*place, name, time.time(), error)
        evaluations.request(*place, names)
        return wire.json_result(call, {})


def _check_names(names):
    if len(names) > MAX_NAMES:
        raise invalid(
            "1 validation error detected: Value at 'configRuleNames' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_NAMES}"
        )
