"""What a run has created: found by name and tag, and removed in reverse order.

The same search serves the end of a run, an error, Ctrl-C and ``--clean``: what a
run created just before it was interrupted is found, too.
"""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from verification import names, organization
from verification.errors import code_of, text_of
from verification.questions.program import Program
from verification.stacks import described
from verification.steps import Step

_BUSY = ("ResourceInUseException", "OperationInProgressException", "ThrottlingException")


#: The move back of an account, whichever it was.
_SPARE = "the spare account"


def steps(with_program=True, with_spare=True):
    """The calls that remove everything."""
    made = []
    if with_program:
        made += [
            Step("plumbline", "destroy", "--single-account"),
            Step("s3", "delete_object", f"{names.PREFIX}-*", "the buckets of plumbline deploy"),
            Step("s3", "delete_bucket", f"{names.PREFIX}-*"),
        ]
    packs = [names.RETRY_PACK, names.REFERENCES_PACK, names.RESULTS_PACK]
    stacks = [names.CONTROL_STACK, names.MEMBER_STACK]
    if with_spare:
        made.append(Step("organizations", "move_account", _SPARE, account="management"))
        packs.insert(0, names.JOINING_PACK)
        stacks = names.STACKS
    return [
        *made,
        *(Step("config", "delete_organization_conformance_pack", one) for one in packs),
        *(Step("cloudformation", "delete_stack", one) for one in stacks),
        *(Step("lambda", "delete_function", one) for one in names.FUNCTIONS),
        *(Step("logs", "delete_log_group", names.log_group(one)) for one in names.FUNCTIONS),
        *(
            Step("iam", operation, role)
            for role in names.ROLES
            for operation in ("delete_role_policy", "delete_role")
        ),
    ]


@dataclass
class Leftover:
    """Something that a run has created, and how it is removed."""

    kind: str
    name: str
    remove: object

    def __str__(self):
        return f"{self.kind} {self.name}"


class Leftovers:
    """Everything that runs have created in this Region.

    ``waiting`` is how long each removal may take.
    """

    def __init__(self, aws, management, waiting, options, deploying):
        self._aws, self._management = aws, management
        self._waiting, self._options, self._deploying = waiting, options, deploying

    def find(self):
        """All of them, in the order in which they are removed."""
        return [
            *self._program(),
            *self._buckets(),
            *self._moved(),
            *self._packs(),
            *self._stacks(),
            *self._functions(),
            *self._log_groups(),
            *self._roles(),
        ]

    def remove(self, say):
        """Remove all; what is left, as text, with the reason."""
        reasons = {}
        for one in self.find():
            say(f"removing {one}")
            try:
                reason = one.remove()
            except (BotoCoreError, ClientError, OSError) as problem:
                reason = text_of(problem)
            if reason:
                reasons[str(one)] = reason
                say(f"not removed: {one}: {reason}")
        left = [str(one) for one in self.find()]
        return [f"{one}: {reasons.get(one, 'it was found again')}" for one in left]

    # What there is.

    def _program(self):
        stack = described(self._aws, names.PLUMBLINE_STACK)
        parameters = {
            one["ParameterKey"]: one.get("ParameterValue", "")
            for one in (stack or {}).get("Parameters", [])
        }
        if parameters.get(names.BUCKET_PARAMETER) == names.bucket_prefix(self._deploying):
            yield Leftover("deployment of", "plumbline", self._destroy)

    def _buckets(self):
        prefix = names.bucket_prefix(self._deploying)
        for one in self._aws.pages("s3", "list_buckets", "Buckets"):
            if one["Name"].startswith(f"{prefix}-"):
                yield Leftover("bucket", one["Name"], lambda name=one["Name"]: self._empty(name))

    def _moved(self):
        stack = described(self._aws, names.UNIT_STACK)
        tags = _tags(stack)
        if stack is None or names.MOVED not in tags:
            return
        account, unit = tags[names.MOVED], tags[names.MOVED_TO]
        origin = tags[names.MOVED_FROM]
        if origin != unit and organization.parent(self._aws, account) == unit:
            yield Leftover(
                "move of account", account, lambda: self._move_back(account, unit, origin)
            )

    def _packs(self):
        packs = self._aws.pages(
            "config", "describe_organization_conformance_packs", "OrganizationConformancePacks"
        )
        for one in packs:
            name = one["OrganizationConformancePackName"]
            if names.is_own(name):
                yield Leftover("organization pack", name, lambda name=name: self._delete_pack(name))

    def _stacks(self):
        for name in names.STACKS:
            stack = described(self._aws, name)
            if stack is not None and names.TAG in _tags(stack):
                yield Leftover("stack", name, lambda name=name: self._delete_stack(name))

    def _functions(self):
        for one in self._aws.pages("lambda", "list_functions", "Functions"):
            name = one["FunctionName"]
            if not names.is_own(name):
                continue
            tags = self._aws.read("lambda", "list_tags", Resource=one["FunctionArn"])["Tags"]
            if names.TAG in tags:
                yield Leftover(
                    "function",
                    name,
                    lambda name=name: self._call("lambda", "delete_function", name, "FunctionName"),
                )

    def _log_groups(self):
        prefix = names.log_group(f"{names.PREFIX}-")
        groups = self._aws.pages(
            "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix
        )
        for name in [one["logGroupName"] for one in groups]:
            yield Leftover(
                "log group",
                name,
                lambda name=name: self._call("logs", "delete_log_group", name, "logGroupName"),
            )

    def _roles(self):
        for name in names.ROLES:
            try:
                tags = self._aws.read("iam", "list_role_tags", RoleName=name)["Tags"]
            except ClientError as problem:
                if code_of(problem) != "NoSuchEntity":
                    raise
                continue
            if any(one["Key"] == names.TAG for one in tags):
                yield Leftover("role", name, lambda name=name: self._delete_role(name))

    # How it is removed. Each returns why it is still there, or None.

    def _call(self, service, operation, name, parameter):
        self._aws.change(service, operation, name, **{parameter: name})

    def _destroy(self):
        if not self._options.plumbline:
            return "give --plumbline, or run plumbline destroy --single-account --apply"
        code, output = Program(self._aws, self._options).remove()
        return None if code == 0 else f"exit code {code}: {output.strip()[-300:]}"

    def _empty(self, bucket):
        kinds = ("Versions", "DeleteMarkers")
        versions = [
            one
            for kind in kinds
            for one in self._aws.pages("s3", "list_object_versions", kind, Bucket=bucket)
        ]
        resource = f"{names.PREFIX}-*"
        for one in versions:
            self._aws.change(
                "s3",
                "delete_object",
                resource,
                Bucket=bucket,
                Key=one["Key"],
                VersionId=one["VersionId"],
            )
        self._aws.change("s3", "delete_bucket", resource, Bucket=bucket)

    def _move_back(self, account, unit, origin):
        self._management.change(
            "organizations",
            "move_account",
            _SPARE,
            AccountId=account,
            SourceParentId=unit,
            DestinationParentId=origin,
        )

    def _delete_pack(self, name):
        def poll():
            try:
                self._aws.change(
                    "config",
                    "delete_organization_conformance_pack",
                    name,
                    OrganizationConformancePackName=name,
                )
            except ClientError as problem:
                if code_of(problem) == "NoSuchOrganizationConformancePackException":
                    return True
                if code_of(problem) not in _BUSY:
                    raise
                # In some versions of AWS Config the state moves on only when it is read.
                self._state(name)
            return None

        return None if self._waiting.until(poll) else "the pack is still in progress"

    def _state(self, name):
        try:
            self._aws.read(
                "config",
                "describe_organization_conformance_pack_statuses",
                OrganizationConformancePackNames=[name],
            )
        except ClientError as problem:
            if code_of(problem) != "NoSuchOrganizationConformancePackException":
                raise

    def _delete_stack(self, name):
        reasons = []

        def poll():
            stack = described(self._aws, name)
            if stack is None:
                return True
            status = stack["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                if status == "DELETE_FAILED":
                    reasons[:] = [stack.get("StackStatusReason", status)]
                self._aws.change("cloudformation", "delete_stack", name, StackName=name)
            return None

        if self._waiting.until(poll):
            return None
        return reasons[0] if reasons else "the deletion is still in progress"

    def _delete_role(self, name):
        policies = self._aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=name)
        for policy in policies:
            self._aws.change("iam", "delete_role_policy", name, RoleName=name, PolicyName=policy)
        self._call("iam", "delete_role", name, "RoleName")


def _tags(stack):
    return {one["Key"]: one["Value"] for one in (stack or {}).get("Tags", [])}
