"""A run: check, plan, ask, report, and remove everything."""

import os
import signal
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    InvalidRegionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from verification import arguments, names, organization, report, setting, steps
from verification.aws import Aws, Plan, Waiting
from verification.errors import Misuse, NotPrepared, text_of
from verification.leftovers import Leftovers
from verification.leftovers import steps as removals
from verification.questions import MODULES, costs

OK, MISUSE, INCOMPLETE, INTERRUPTED = 0, 2, 3, 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Stack sets and packs need minutes to go, however short a run waits for events.
_REMOVAL_MINUTES = 2


def main(given):
    """Run, and return the exit code."""
    for one in _SIGNALS:
        signal.signal(one, _interrupt)
    try:
        return _run(arguments.parse(given))
    except Misuse as problem:
        return _misused(str(problem), problem.advice)
    except ProfileNotFound as problem:
        return _misused(str(problem), "Check --profile and the AWS configuration files.")
    except (NoCredentialsError, PartialCredentialsError):
        return _misused("no AWS credentials found", "Use --profile, or sign in.")
    except InvalidRegionError as problem:
        return _misused(str(problem), "Check --region.")
    except (ClientError, BotoCoreError) as problem:
        _say(f"error: {text_of(problem)}")
        _say("Nothing was created by this run. Check the permissions of the profile.")
        return INCOMPLETE
    except KeyboardInterrupt:
        _say("interrupted before anything was created")
        return INTERRUPTED


def _interrupt(*_):
    """End the questions. The removal that follows is not interrupted."""
    _wait_for_removal()
    raise KeyboardInterrupt


def _wait_for_removal():
    def wait(*_):
        _say("still removing; after a forced end, use --clean")

    for one in _SIGNALS:
        signal.signal(one, wait)


def _misused(problem, advice):
    _say(f"error: {problem}")
    _say(advice)
    return MISUSE


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _run(options):
    modules = [one for one in MODULES if one.missing(options) is None]
    asked = [step for module in modules for step in module.steps(options)]
    created = list(dict.fromkeys([*setting.steps(), *asked]))
    aws, management = _callers(options, Plan([*created, *removals()]))
    if options.costs:
        return _costs(aws, management, options)
    # Questions need an organization; removal needs no more than the account.
    found = None if options.clean else organization.checked(aws, options)
    account = found.deploying if found else organization.caller(aws)[0]
    removal = Waiting(max(options.minutes, _REMOVAL_MINUTES))
    leftovers = Leftovers(aws, management, removal, options, account)
    before = leftovers.find()
    if options.clean:
        return _clean(leftovers, before, options)
    plan = _plan(found, aws.region, options, created, before)
    if options.plan:
        print(plan)
        return OK
    _say(plan)
    _confirm(options)
    waiting = Waiting(options.minutes)
    run = Run(setting.Setting(aws, management, waiting, found, options), leftovers)
    code = run.ask(modules)
    left = _removed(leftovers)
    run.report(left)
    return INCOMPLETE if left and code != MISUSE else code


def _callers(options, plan):
    """The calls of the deploying account and of the management account."""
    # As in AWS's other tools; boto3 itself reads AWS_DEFAULT_REGION only.
    region = options.region or os.environ.get("AWS_REGION")
    session = boto3.Session(profile_name=options.profile, region_name=region)
    if session.region_name is None:
        raise Misuse("no Region is given", "Use --region.")
    if session.get_credentials() is None:
        raise NoCredentialsError()
    other = session
    if options.management_profile:
        profile = options.management_profile
        other = boto3.Session(profile_name=profile, region_name=session.region_name)
    region = session.region_name
    return Aws(session, region, plan), Aws(other, region, plan, "management")


def is_simulated():
    """Whether the endpoint is on loopback: not AWS, but a simulation."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return endpoint is not None and urlsplit(endpoint).hostname in _LOOPBACK


def _plan(found, region, options, created, before):
    lines = [
        f"Organization {found.id}, Region {region}.",
        f"Deploying account {found.deploying}, member account {found.member}, "
        f"spare account {found.spare or 'none'}.",
        f"Everything is named {names.PREFIX}-* and has the tag {names.TAG}.",
        "",
    ]
    if before:
        lines += ["Left by an earlier run, and removed first:", *(f"- {one}" for one in before), ""]
    notes = [
        f"Question {question.number} is not asked: {module.missing(options)}."
        for module in MODULES
        for question in module.QUESTIONS
        if module.missing(options)
    ]
    removed = removals(bool(options.plumbline), bool(options.spare_account))
    return "\n".join([*lines, steps.written(created, removed, notes)])


def _confirm(options):
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Misuse(
            "standard input is not a terminal, so that no one can be asked",
            "Use --yes to create without a question.",
        )
    _say("\nCreate this? Type yes:")
    if sys.stdin.readline().strip() != "yes":
        raise Misuse("not confirmed, so nothing was created", "Type yes to create.")


def _clean(leftovers, before, options):
    if not before:
        _say("Nothing is left.")
        return OK
    _say("\n".join(["Will be removed:", *(f"- {one}" for one in before)]))
    _confirm(options)
    left = _removed(leftovers)
    return INCOMPLETE if left else OK


def _removed(leftovers):
    """Remove everything; Ctrl-C does not interrupt this."""
    _wait_for_removal()
    try:
        left = leftovers.remove(_say)
    except (ClientError, BotoCoreError) as problem:
        left = [f"unknown: {text_of(problem)}"]
    for one in left:
        _say(f"error: not removed: {one}")
    if left:
        _say("Use --clean as soon as the cause is gone.")
    return left


def _costs(aws, management, options):
    account, _ = organization.caller(aws)
    answer = costs.read(management, options, is_simulated())
    facts = {**_facts(aws.region), "ended": _now(), "invocations": 0}
    written = report.document([answer], facts, [])
    known = {options.member: "member account", account: "deploying account"}
    _write(written, options, known)
    return OK if answer.answer in ("yes", "no") else INCOMPLETE


def _facts(region):
    return {"region": region, "simulated": is_simulated(), "started": _now()}


def _now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(written, options, known):
    for form, file in options.formats:
        text = report.written(written, form, known if options.mask_accounts else None)
        if file is None:
            print(text)
        else:
            file.write_text(f"{text}\n")


class Run:
    """The questions of a run, and their answers."""

    def __init__(self, common, leftovers):
        self._common, self._options, self._leftovers = common, common.options, leftovers
        self._facts, self._answers = _facts(common.region), []
        self._invocations = 0

    def ask(self, modules):
        """Ask all questions; the exit code."""
        code = OK
        try:
            if self._leftovers.remove(_say):
                raise NotPrepared("what an earlier run has left could not be removed")
            _say("preparing")
            self._common.prepare()
            for module in modules:
                self._ask(module)
            self._invocations = self._common.invocations_of_packs()
        except Misuse as problem:
            return _misused(str(problem), problem.advice)
        except Exception as problem:  # whatever it is, what was created has to be removed
            reason = str(problem) if isinstance(problem, NotPrepared) else text_of(problem)
            _say(f"error: {reason}")
            self._fill(modules, reason)
        except KeyboardInterrupt:
            _say("\ninterrupted")
            self._fill(modules, "the run was interrupted")
            code = INTERRUPTED
        self._add_not_asked()
        is_open = any(one.answer == "could not be determined" for one in self._answers)
        return INCOMPLETE if is_open and code == OK else code

    def _ask(self, module):
        numbers = ", ".join(question.number for question in module.QUESTIONS)
        _say(f"asking {numbers}")
        try:
            answers = module.ask(self._common)
        except (ClientError, BotoCoreError) as problem:
            answers = [one.undetermined(text_of(problem)) for one in module.QUESTIONS]
        for one in answers:
            _say(f"  {one.question.number}: {one.answer}: {one.reason}")
        self._answers += answers

    def _fill(self, modules, reason):
        """What has no answer yet could not be determined, for this reason."""
        known = {one.question.number for one in self._answers}
        self._answers += [
            question.undetermined(reason)
            for module in modules
            for question in module.QUESTIONS
            if question.number not in known
        ]

    def _add_not_asked(self):
        for module in MODULES:
            reason = module.missing(self._options)
            if reason is not None:
                self._answers += [one.not_asked(reason) for one in module.QUESTIONS]

    def report(self, left):
        """Write the report, in all formats."""
        answers = sorted(self._answers, key=lambda one: one.question.number)
        facts = {**self._facts, "ended": _now(), "invocations": self._invocations}
        written = report.document(answers, facts, left)
        _write(written, self._options, self._common.organization.known)
