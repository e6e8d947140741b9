"""The test environment as a server, and organizations in it for the program."""

import contextlib
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.request

import boto3
import pytest

FOLDER = pathlib.Path(__file__).parents[1]
REGION = "us-east-1"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def endpoint():
    server = FOLDER.parent / "environment" / "server.py"
    process = subprocess.Popen(
        [sys.executable, server, "--exit-with-parent", "--check-answers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process.stdout.readline().removeprefix("endpoint ").strip()
    process.stdin.close()
    process.wait()


class Sandbox:
    """An organization whose accounts have recorders: AWS Config invokes their functions."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.management = f"7{next(_NUMBERS):011}"
        made = self.control(
            "organization/generate", management=self.management, accounts=2, regions=[REGION]
        )
        self.id, self.delegated, self.member = made["organization"], *made["members"]
        self.spare, self.root = made["spare"], made["root"]
        organizations = self.client(self.management, "organizations")
        unit = organizations.create_organizational_unit(ParentId=self.root, Name="verify")
        self.unit = unit["OrganizationalUnit"]["Id"]
        for account in (self.member, self.spare):
            self.control("config/invocations", account=account, enabled=True)
            self.control("config/start-interval", account=account, seconds=0)

    def control(self, path, **body):
        """A request to the control interface."""
        url = f"{self.endpoint}/_plumbline/{path}"
        with urllib.request.urlopen(url, json.dumps(body).encode()) as answer:
            return json.load(answer)

    def fault(self, account, service, operation, **more):
        """Let an operation fail."""
        given = {"account": account, "service": service, "operation": operation}
        self.control("faults", **given, **{"mode": "denied", **more})

    def client(self, account, service):
        """A client that acts as an account."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=f"AKIA{account}TEST",
            aws_secret_access_key="not-checked",
        )

    def variables(self, account=None):
        """The environment variables of the program."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": f"AKIA{account or self.management}TEST",
            "AWS_SECRET_ACCESS_KEY": "not-checked",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, *arguments, account=None, **more):
        """The running program."""
        return subprocess.Popen(
            [sys.executable, FOLDER / "verify.py", *arguments],
            env=self.variables(account),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **{"stdin": subprocess.DEVNULL, **more},
        )

    def run(self, *arguments, account=None):
        """The exit code, the output and the messages of the program."""
        process = self.start(*arguments, account=account)
        output, messages = process.communicate(timeout=120)
        return process.returncode, output, messages

    def ask(self, *arguments, account=None, minutes="0.05"):
        """The exit code, the answers by question, and the report."""
        given = ["--yes", "--minutes", minutes, "--member", self.member, "--format", "json"]
        with self.settling():
            code, output, messages = self.run(*given, *arguments, account=account)
        assert output, messages
        report = json.loads(output)
        return code, {one["question"]: one for one in report["answers"]}, report

    @contextlib.contextmanager
    def settling(self):
        """Do what AWS does by itself after accounts moved, until the end of the block."""
        ended = threading.Event()

        def work():
            while not ended.wait(0.5):
                self.control("organization/settle", account=self.management)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def left(self, account=None):
        """What of the program is still there."""
        account = account or self.management
        functions = self.client(account, "lambda").list_functions()["Functions"]
        stacks = self.client(account, "cloudformation").describe_stacks()["Stacks"]
        packs = self.client(account, "config").describe_organization_conformance_packs()
        groups = self.client(account, "logs").describe_log_groups()["logGroups"]
        found = [
            *(one["FunctionName"] for one in functions),
            *(one["StackName"] for one in stacks),
            *(
                one["OrganizationConformancePackName"]
                for one in packs["OrganizationConformancePacks"]
            ),
            *(one["logGroupName"] for one in groups),
        ]
        for owner in (account, self.member, self.spare):
            roles = self.client(owner, "iam").list_roles()["Roles"]
            rules = self.client(owner, "config").describe_config_rules()["ConfigRules"]
            found += [one["RoleName"] for one in roles]
            found += [one["ConfigRuleName"] for one in rules]
        return [one for one in found if "plumbline-verify" in one]

    def unit_of(self, account):
        """Where an account is in the organization."""
        organizations = self.client(self.management, "organizations")
        return organizations.list_parents(ChildId=account)["Parents"][0]["Id"]


@pytest.fixture
def sandbox(endpoint):
    return Sandbox(endpoint)
