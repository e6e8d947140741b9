"""The two emulators: how each is started, and what its version is."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_SERVER = ROOT / "tests" / "environment" / "server.py"
#: Both emulators act as this account.
ACCOUNT = "111122223333"
#: How long an emulator may need until it accepts connections, in seconds.
_START = 60


class Emulator:
    """A running emulator. It ends with the ``with`` block."""

    name = ""

    def __init__(self, log):
        self.endpoint = ""
        # It is open as long as the process runs.
        self._log = open(log, "wb")  # noqa: SIM115
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def start(self):
        """Start the process and wait until it answers."""
        raise NotImplementedError

    def version(self):
        """Return name and version for the report."""
        raise NotImplementedError

    def result_token(self, region, rule):
        """Return a token with which a function can put results of a rule."""
        raise NotImplementedError


class Environment(Emulator):
    """The test environment of this project."""

    name = "environment"

    def start(self):
        """Start the server, which prints its address."""
        self._process = subprocess.Popen(
            [sys.executable, str(_SERVER), "--port", "0", "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        line = self._process.stdout.readline().decode().strip()
        if not line.startswith("endpoint "):
            raise SystemExit("the test environment does not start: see its log")
        self.endpoint = line.removeprefix("endpoint ")

    def version(self):
        """Return the version of moto, on which the environment is based."""
        return f"test environment (moto {version('moto')}, botocore {version('botocore')})"

    def result_token(self, region, rule):
        """Return a token of the control interface: only AWS Config knows valid tokens."""
        body = {"account": ACCOUNT, "region": region, "rule_name": rule}
        request = urllib.request.Request(
            f"{self.endpoint}/_plumbline/config/token",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["token"]


class Fakecloud(Emulator):
    """fakecloud, a program of other authors under the AGPL; it is started, and not linked."""

    name = "fakecloud"

    def __init__(self, log, program):
        super().__init__(log)
        self._program = program

    def start(self):
        """Start the program at a free port."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self._process = subprocess.Popen(
            [self._program, "--addr", address, "--account-id", ACCOUNT, "--log-level", "info"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self.endpoint = f"http://{address}"
        end = time.monotonic() + _START
        while time.monotonic() < end and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.endpoint}/_fakecloud/health").close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("fakecloud does not start: see its log")

    def version(self):
        """Return the version that the program prints."""
        command = [self._program, "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def result_token(self, region, rule):
        """Return a token in the form of fakecloud, which reads the name of the rule from it."""
        return f"{rule}#second-opinion"
