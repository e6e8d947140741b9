"""AWS Config invokes the functions of rules, in accounts where a test asked for it.

Elsewhere nothing runs: a deployment to hundreds of accounts creates tens of
thousands of rules.

Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
"""

import json
import time
from collections import defaultdict, deque
from datetime import UTC, datetime

from moto.config.models import config_backends

from access import sources
from services.config import evaluations, forwarding
from services.config.functions import check_function
from services.config.results import Rule
from services.lambda_invocations import find
from strictaws.wire import AwsError

_SCHEDULED = "ScheduledNotification"


class RuleInvocations:
    """State; one instance serves all accounts.

    ``rules`` are the results in AWS Config, and ``security_hub`` gets those of
    rules outside of packs.
    """

    def __init__(self, rules, invocations, security_hub, background):
        self._rules, self._invocations = rules, invocations
        self._security_hub, self._background = security_hub, background
        self._enabled = set()
        self._queues = defaultdict(deque)
        evaluations.listen(self.requested)

    def handlers(self):
        """Handlers by (service, operation): none."""
        return {}

    def control(self):
        """Control functions by (method, path)."""
        return {
            ("POST", "config/invocations"): self.set_enabled,
            ("POST", "config/organization-key"): self.set_organization_key,
        }

    def set_enabled(self, given):
        """Let AWS Config invoke the functions of an account's rules, or not."""
        change = self._enabled.add if given["enabled"] else self._enabled.discard
        change(given["account"])
        return {"enabled": given["enabled"]}

    @staticmethod
    def set_organization_key(given):
        """Let AWS Config send ``aws:SourceOrgID`` for rules of an account, or not."""
        known = sources.WITHOUT_ORGANIZATION
        (known.discard if given["sent"] else known.add)(given["account"])
        return {"sent": given["sent"]}

    def requested(self, account, region, names):
        """Invoke the functions of rules, one after the other, behind the call."""
        if account not in self._enabled:
            return
        queue = self._queues[account]
        is_working = bool(queue)
        queue.extend((region, name) for name in names)
        if not is_working and queue:
            self._background.start(account, lambda: self._work(account, queue))

    def _work(self, account, queue):
        while queue:
            region, name = queue[0]
            try:
                self._evaluate(account, region, name)
            finally:
                queue.popleft()

    def _evaluate(self, account, region, name):
        rule = config_backends[account][region].config_rules.get(name)
        if rule is None or rule.source.owner != "CUSTOM_LAMBDA":
            return
        details = rule.source.source_details or []
        if not any(detail.message_type == _SCHEDULED for detail in details):
            return  # changes of resources are not in the environment
        stored = self._rules.by_rule.setdefault((account, region, name), Rule())
        try:
            check_function(rule.source.source_identifier, account, region)
        except AwsError as problem:
            stored.failed, stored.error = time.time(), (problem.code, problem.message)
            return
        function = find(rule.source.source_identifier, account, region)
        event = self._event(rule, account, region)
        work = self._invocations.prepared(function, json.dumps(event).encode())
        with self._background.released():
            work()
        forwarding.forward(self._security_hub, rule, account, region, stored.results.values())

    def _event(self, rule, account, region):
        token = self._rules.issue_token(
            {"account": account, "region": region, "rule_name": rule.config_rule_name}
        )
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        invoking = {
            "awsAccountId": account,
            "notificationCreationTime": now,
            "messageType": _SCHEDULED,
            "recordVersion": "1.0",
        }
        return {
            "version": "1.0",
            "invokingEvent": json.dumps(invoking),
            "ruleParameters": rule.input_parameters or "{}",
            "resultToken": token["token"],
            "eventLeftScope": False,
            "executionRoleArn": f"arn:aws:iam::{account}:role/config",
            "configRuleArn": rule.config_rule_arn,
            "configRuleName": rule.config_rule_name,
            "configRuleId": rule.config_rule_id,
            "accountId": account,
        }
