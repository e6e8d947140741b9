import os
import pty
import signal
import time

import pytest


def reached(process, text):
    """Read the messages of the program up to a text."""
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"the program ended before '{text}'")


def test_plan_creates_nothing(sandbox):
    code, output, _ = sandbox.run("--plan", "--member", sandbox.member)
    assert code == 0
    assert "- lambda:CreateFunction plumbline-verify-probe" in output
    assert "MoveAccount" not in output
    assert sandbox.left() == []


def test_no_terminal_and_no_yes_create_nothing(sandbox):
    code, _, messages = sandbox.run("--member", sandbox.member)
    assert code == 2
    assert "Use --yes" in messages
    assert sandbox.left() == []


def test_other_word_than_yes_creates_nothing(sandbox):
    terminal, given = pty.openpty()
    process = sandbox.start("--member", sandbox.member, stdin=given)
    reached(process, "Type yes")
    os.write(terminal, b"no\n")
    _, messages = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "nothing was created" in messages
    assert sandbox.left() == []


@pytest.mark.parametrize(
    ("number", "at"), [(signal.SIGINT, "asking 1"), (signal.SIGHUP, "preparing")]
)
def test_interrupted_run_removes_everything(sandbox, number, at):
    process = sandbox.start("--yes", "--minutes", "1", "--member", sandbox.member)
    reached(process, at)
    time.sleep(0.5)
    process.send_signal(number)
    output, messages = process.communicate(timeout=60)
    assert process.returncode == 130, messages
    assert "the run was interrupted" in output
    assert "removing role plumbline-verify-function" in messages
    assert sandbox.left() == []


def test_killed_run_is_removed_by_clean(sandbox):
    given = ("--spare-account", sandbox.spare, "--spare-unit", sandbox.unit)
    with sandbox.settling():
        process = sandbox.start("--yes", "--minutes", "0.05", "--member", sandbox.member, *given)
        reached(process, "asking 8")
        process.kill()
        process.wait()
        process.stderr.close()
        process.stdout.close()
        assert sandbox.unit_of(sandbox.spare) == sandbox.unit
        assert "plumbline-verify-joined" in sandbox.left()
        code, _, messages = sandbox.run("--clean")
        assert (code, "Use --yes" in messages) == (2, True)
        assert sandbox.left() != []
        code, _, messages = sandbox.run("--clean", "--yes")
    assert code == 0, messages
    assert sandbox.unit_of(sandbox.spare) == sandbox.root
    assert sandbox.left() == []
    code, _, messages = sandbox.run("--clean")
    assert (code, messages) == (0, "Nothing is left.\n")


def test_leftovers_are_reported(sandbox):
    sandbox.fault(sandbox.management, "lambda", "DeleteFunction")
    code, _, report = sandbox.ask()
    assert code == 3
    assert [one.partition(":")[0] for one in report["leftovers"]] == [
        "function plumbline-verify-probe",
        "function plumbline-verify-second",
    ]


def test_member_without_recorder_is_misuse_and_everything_is_removed(sandbox):
    config = sandbox.client(sandbox.member, "config")
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    code, _, messages = sandbox.run("--yes", "--minutes", "0.05", "--member", sandbox.member)
    assert code == 2
    assert "has no active AWS Config recorder" in messages
    assert sandbox.left() == []


def test_member_account_cannot_deploy(sandbox):
    code, _, messages = sandbox.run("--plan", "--member", sandbox.spare, account=sandbox.member)
    assert code == 2
    assert "aws organizations register-delegated-administrator" in messages


def test_resources_of_others_with_the_same_prefix_stay(sandbox):
    iam = sandbox.client(sandbox.management, "iam")
    name = "plumbline-verify-function"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    code, _, messages = sandbox.run("--clean", "--yes")
    assert (code, messages) == (0, "Nothing is left.\n")
    assert sandbox.left() == [name]
