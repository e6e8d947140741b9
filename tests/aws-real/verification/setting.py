"""What all questions share: the functions, the roles, and the access to the member account."""

import io
import json
import pathlib
import uuid
import zipfile

import boto3

from verification import names, policies, stack_sets
from verification.aws import Aws
from verification.errors import Misuse, NotPrepared
from verification.member import Member
from verification.packs import Packs
from verification.stacks import Stacks
from verification.steps import Step

_DENIED = ("AccessDenied", "AccessDeniedException", "InvalidClientTokenId")


def steps():
    """The calls that prepare all questions, and those of the probe in the member account."""
    made = [Step("logs", "create_log_group", names.log_group(one)) for one in names.FUNCTIONS]
    for role, creates in (
        (names.FUNCTION_ROLE, "the role of the functions: logs, sts:AssumeRole"),
        (names.READER_ROLE, "a role that may assume the role of the member account"),
        (names.CONDITION_ROLE, "the same with a condition on aws:ResourceOrgID"),
    ):
        made += [
            Step("iam", "create_role", role, creates, items=1),
            Step("iam", "put_role_policy", role),
        ]
    made += [
        Step("lambda", "create_function", one, "python3.13, invoked by AWS Config", items=1)
        for one in names.FUNCTIONS
    ]
    creates = f"a stack set with role {names.MEMBER_ROLE} in the member account"
    made.append(Step("cloudformation", "create_stack", names.MEMBER_STACK, creates, items=4))
    return made


class Setting:
    """The resources of a run, and the means to ask with."""

    def __init__(self, aws, management, waiting, organization, options):
        self.aws, self.management, self.waiting = aws, management, waiting
        self.organization, self.options = organization, options
        self.region, self.run = aws.region, uuid.uuid4().hex[:12]
        self.packs = Packs(aws, waiting, organization)
        self.stacks = Stacks(aws, waiting, organization, self.run)
        self.member = None
        #: The condition of the policy that the first function has.
        self.policy = None
        #: What happened to the spare account, as soon as it was moved.
        self.joined = None
        self._secret = uuid.uuid4().hex

    def arn(self, function):
        """The ARN of a function."""
        where = f"{self.organization.partition}:lambda:{self.region}:{self.organization.deploying}"
        return f"arn:{where}:function:{function}"

    # Creation.

    def prepare(self):
        """Create what all questions share. Raises :class:`NotPrepared`, :class:`Misuse`."""
        for function in names.FUNCTIONS:
            self.aws.change(
                "logs",
                "create_log_group",
                names.log_group(function),
                logGroupName=names.log_group(function),
                tags={names.TAG: self.run},
            )
        self._create_roles()
        for function in names.FUNCTIONS:
            self._create_function(function)
        template = stack_sets.member(self.organization, self.region)
        reason = self.stacks.create(names.MEMBER_STACK, template)
        if reason is not None:
            raise NotPrepared(f"the stack set '{names.MEMBER_STACK}' failed: {reason}")
        self.member = Member(
            Aws(self.enter(names.READER_ROLE), self.region, self.aws.plan, "member")
        )
        recorder = self.waiting.settled(self.member.has_recorder, *_DENIED)
        if not recorder:
            raise Misuse(
                f"member account {self.organization.member} has no active AWS Config recorder in "
                f"{self.region}",
                "Name another account with --member, or another Region with --region.",
            )

    def _create_roles(self):
        organization = self.organization
        readers = policies.trust_of_readers(organization, self._secret)
        for name, trust, policy in (
            (
                names.FUNCTION_ROLE,
                policies.trust_of_functions(),
                policies.of_functions(organization, self.region),
            ),
            (names.READER_ROLE, readers, policies.of_reader(organization)),
            (names.CONDITION_ROLE, readers, policies.of_condition(organization)),
        ):
            self.aws.change(
                "iam",
                "create_role",
                name,
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust),
                Tags=[{"Key": names.TAG, "Value": self.run}],
            )
            self.aws.change(
                "iam",
                "put_role_policy",
                name,
                RoleName=name,
                PolicyName="verify",
                PolicyDocument=json.dumps(policy),
            )

    def _create_function(self, name):
        organization = self.organization
        role = organization.role(organization.member, names.MEMBER_ROLE)
        variables = {"MEMBER": organization.member, "ROLE": role}
        if name == names.SECOND_FUNCTION:
            variables["SILENT"] = "1"

        def create():
            self.aws.change(
                "lambda",
                "create_function",
                name,
                FunctionName=name,
                Description="Logs events of AWS Config for plumbline-verify",
                Runtime="python3.13",
                Handler="probe.handle",
                Role=organization.role(organization.deploying, names.FUNCTION_ROLE),
                Code={"ZipFile": code()},
                Timeout=60,
                MemorySize=256,
                Environment={"Variables": variables},
                Tags={names.TAG: self.run},
            )

        # AWS Lambda cannot assume a role in its first seconds.
        self.waiting.settled(create, "InvalidParameterValueException")

        def is_active():
            shown = self.aws.read("lambda", "get_function_configuration", FunctionName=name)
            return True if shown.get("State", "Active") == "Active" else None

        self.waiting.until(is_active)

    def allow(self, function, condition):
        """Let AWS Config invoke a function under a condition."""
        document = json.dumps(policies.invocation(self.arn(function), condition))
        self.aws.change(
            "lambda",
            "put_resource_policy",
            function,
            ResourceArn=self.arn(function),
            Policy=document,
        )
        if function == names.FUNCTION:
            self.policy = condition

    @property
    def by_organization(self):
        """The condition on the organization."""
        return {"aws:SourceOrgID": self.organization.id}

    @property
    def by_account(self):
        """The condition on the accounts."""
        accounts = [self.organization.member, self.organization.spare]
        return {"aws:SourceAccount": [one for one in accounts if one]}

    # Means.

    def enter(self, role):
        """A session in the member account, by a role of the deploying account."""
        organization = self.organization

        def assume():
            first = self.aws.read(
                "sts",
                "assume_role",
                RoleArn=organization.role(organization.deploying, role),
                RoleSessionName="plumbline-verify",
                ExternalId=self._secret,
            )
            between = Aws(_session(first), self.region, self.aws.plan)
            target = organization.role(organization.member, names.MEMBER_ROLE)
            try:
                return between.read(
                    "sts", "assume_role", RoleArn=target, RoleSessionName="plumbline-verify"
                )
            finally:
                self.aws.last = between.last

        return _session(self.waiting.settled(assume, *_DENIED))

    def invocations(self, rule, function=names.FUNCTION):
        """The logged events of a rule in the member account, oldest first."""
        return [
            one
            for one in self._events(function)
            if one["event"].get("configRuleName", "").startswith(f"{rule}-")
        ]

    def invocations_of_packs(self):
        """How often rules of packs in the member account invoked the functions."""
        rules = (
            names.RESULTS_RULE,
            names.EMPTY_RULE,
            names.REFERENCES_RULE,
            names.RETRY_RULE,
        )
        return sum(
            len(self.invocations(rule, function)) for function in names.FUNCTIONS for rule in rules
        )

    def _events(self, function):
        found = self.aws.pages(
            "logs", "filter_log_events", "events", logGroupName=names.log_group(function)
        )
        events = [_logged(one["message"]) for one in found]
        member = self.organization.member
        return [one for one in events if one and one["event"].get("accountId") == member]


def code():
    """The zip file of the functions."""
    source = pathlib.Path(__file__).with_name("probe.py").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("probe.py")
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source)
    return buffer.getvalue()


def _logged(message):
    """The event and the outcome of a line, or None."""
    try:
        line = json.loads(message)
        return {"event": line["plumbline-verify"], "outcome": line["outcome"]}
    except (ValueError, KeyError, TypeError):
        return None


def _session(assumed):
    keys = assumed["Credentials"]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
