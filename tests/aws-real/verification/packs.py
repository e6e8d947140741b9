"""Organization packs: their templates, and their states in accounts."""

import json

from botocore.exceptions import ClientError

from verification.errors import code_of

#: Errors of an operation on a pack that is in progress.
_BUSY = ("ResourceInUseException",)
_GONE = "NoSuchOrganizationConformancePackException"


def rule(name, function, parameters):
    """A periodic rule of a pack."""
    return {
        "Type": "AWS::Config::ConfigRule",
        "Properties": {
            "ConfigRuleName": name,
            "Description": "A question of plumbline-verify",
            "InputParameters": parameters,
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": function,
                "SourceDetails": [
                    {
                        "EventSource": "aws.config",
                        "MessageType": "ScheduledNotification",
                        "MaximumExecutionFrequency": "TwentyFour_Hours",
                    }
                ],
            },
        },
    }


def template(rules, conditions=None):
    """The text of a pack's template; JSON is YAML."""
    resources = {f"Rule{number}": one for number, one in enumerate(rules, 1)}
    more = {"Conditions": conditions} if conditions else {}
    return json.dumps({**more, "Resources": resources})


class State:
    """The state of a pack in an account."""

    def __init__(self, shown):
        self.status = shown["Status"]
        self.code, self.message = shown.get("ErrorCode"), shown.get("ErrorMessage")
        self.time = shown.get("LastUpdateTime")

    @property
    def is_successful(self):
        """Whether the account has the rules."""
        return self.status.endswith("_SUCCESSFUL")

    def __str__(self):
        return f"{self.status} {self.code}: {self.message}" if self.code else self.status


class Packs:
    """The organization packs of a run."""

    def __init__(self, aws, waiting, organization):
        self._aws, self._waiting, self._organization = aws, waiting, organization

    def put(self, name, text, account):
        """Put a pack for one account; its state there, or None if it stays in progress."""
        before = self.state(name, account)

        def attempt():
            try:
                self._aws.change(
                    "config",
                    "put_organization_conformance_pack",
                    name,
                    OrganizationConformancePackName=name,
                    TemplateBody=text,
                    ExcludedAccounts=self._organization.others(account),
                )
            except ClientError as problem:
                if code_of(problem) not in _BUSY:
                    raise
                return None
            return True

        if self._waiting.until(attempt) is None:
            return None
        return self.settled(name, account, before)

    def settled(self, name, account, before=None):
        """The state of a pack in an account as soon as it differs from one before it."""

        def poll():
            state = self.state(name, account)
            if state is None or state.status.endswith("_IN_PROGRESS"):
                return None
            is_old = before is not None and state.time == before.time
            return None if is_old else state

        return self._waiting.until(poll)

    def state(self, name, account):
        """The state of a pack in an account, or None."""
        try:
            shown = self._aws.pages(
                "config",
                "get_organization_conformance_pack_detailed_status",
                "OrganizationConformancePackDetailedStatuses",
                OrganizationConformancePackName=name,
                Filters={"AccountId": account},
            )
        except ClientError as problem:
            if code_of(problem) != _GONE:
                raise
            return None
        return State(shown[0]) if shown else None
