"""Question 0: does ``plumbline`` deploy to one account, scan, evaluate and remove it?"""

import json
import os
import subprocess

from verification import names
from verification.answers import Evidence, Question
from verification.stacks import described
from verification.steps import Step

QUESTION = Question(
    "0",
    "Does plumbline deploy to one account, scan it, evaluate all rules, and remove everything?",
    "the deployment to a single account works",
    "the deployment to a single account is broken",
)
QUESTIONS = (QUESTION,)
#: The controls of level 1, each with one rule.
_CONTROLS = 42
#: Function, role and compliance of a control, each of them created and deleted.
_ITEMS = 6
#: The exit code of the program for wrong use: it says nothing about the deployment.
_MISUSE = 2
#: How long a run of the program may take, in seconds.
_LONGEST = 3600


def missing(options):
    """What has to be given."""
    return None if options.plumbline else "give --plumbline and --code"


def steps(options):
    """Runs of the program."""
    return [
        Step(
            "plumbline",
            "deploy",
            "--single-account --level 1",
            "functions, roles, rules, and two buckets in one Region",
            evaluations=_CONTROLS,
            items=_CONTROLS * _ITEMS,
        )
    ]


def ask(setting):
    """Run the program four times, and wait for the rules in between."""
    problem = _unready(setting)
    if problem:
        return [QUESTION.undetermined(problem, setting.aws.evidence())]
    program, region = Program(setting.aws, setting.options), setting.region
    prefix = names.bucket_prefix(setting.organization.deploying)
    setting.aws.plan.check("deploying", "plumbline", "deploy", "--single-account --level 1")
    code, output = program.run(
        *("deploy", "--single-account", "--apply", "--region", region, "--home-region", region),
        *("--level", "1", "--code", str(setting.options.code)),
        *("--parameter-overrides", f"{names.BUCKET_PARAMETER}={prefix}"),
    )
    evidence = [program.evidence("deploy", code)]
    if code != 0:
        reason = f"deploy ended with {code}: {_last(output)}"
        return [
            QUESTION.undetermined(reason, *evidence)
            if code == _MISUSE
            else QUESTION.no(reason, *evidence)
        ]
    code, output = program.run("scan", "--region", region, "--level", "1", "--format", "json")
    evidence.append(program.evidence("scan", code))
    scanned = _scanned(output)
    if scanned is None:
        return [QUESTION.no(f"scan ended with {code}: {_last(output)}", *evidence)]
    missing, total = setting.waiting.until(lambda: _evaluated(setting), times=2) or (
        _unevaluated(setting)
    )
    evidence.append(setting.aws.evidence(f"{total - missing} of {total} rules evaluated"))
    code, output = program.remove()
    evidence.append(program.evidence("destroy", code))
    if code != 0:
        return [QUESTION.no(f"destroy ended with {code}: {_last(output)}", *evidence)]
    left = described(setting.aws, names.PLUMBLINE_STACK)
    works = not missing and total > 0 and left is None
    reason = f"scan: {scanned}; AWS Config: {total - missing} of {total} rules evaluated; "
    reason += "removed" if left is None else "the stack is still there"
    return [QUESTION.decided(works, reason, *evidence)]


def _unready(setting):
    recorders = setting.aws.read("config", "describe_configuration_recorder_status")
    if not any(one.get("recording") for one in recorders["ConfigurationRecordersStatus"]):
        return "the deploying account has no active AWS Config recorder in this Region"
    if described(setting.aws, names.PLUMBLINE_STACK) is not None:
        return "the deploying account has a stack 'plumbline' that this run did not create"
    return None


def _unevaluated(setting):
    """How many rules of packs have no successful evaluation, and how many there are."""
    rules = setting.aws.pages(
        "config", "describe_config_rule_evaluation_status", "ConfigRulesEvaluationStatus"
    )
    own = [one for one in rules if one["ConfigRuleName"].startswith("cis-")]
    return sum("LastSuccessfulEvaluationTime" not in one for one in own), len(own)


def _evaluated(setting):
    counts = _unevaluated(setting)
    return counts if counts[0] == 0 and counts[1] > 0 else None


def _scanned(output):
    """The numbers of results by status of a complete scan, as text, or None."""
    try:
        report = json.loads(output)
        if not report["run"]["complete"]:
            return None
        counts = {}
        for account in report["accounts"]:
            for control in account["controls"]:
                counts[control["status"]] = counts.get(control["status"], 0) + 1
    except (ValueError, KeyError, TypeError):
        return None
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def _last(output):
    lines = [line for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "no output"


class Program:
    """The program, run as the deploying account."""

    def __init__(self, aws, options):
        self._aws, self._options = aws, options

    def run(self, *arguments):
        """The exit code and the output of a run. On Ctrl-C the program ends first."""
        variables = {**os.environ, "AWS_REGION": self._aws.region}
        if self._options.profile:
            variables["AWS_PROFILE"] = self._options.profile
        process = subprocess.Popen(
            [self._options.plumbline.resolve(), *arguments],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            output, errors = process.communicate(timeout=_LONGEST)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        return process.returncode, output if process.returncode == 0 else output + errors

    def remove(self):
        """Run ``plumbline destroy``."""
        region = self._aws.region
        return self.run(
            *("destroy", "--single-account", "--apply"),
            *("--region", region, "--home-region", region),
        )

    def evidence(self, command, code):
        """A run of the program as evidence; it has no request ID."""
        self._aws.read("sts", "get_caller_identity")
        time = self._aws.last.time
        return Evidence(f"plumbline {command}", "no request ID", time, f"exit code {code}")
