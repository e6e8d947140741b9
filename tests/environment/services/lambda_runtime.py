"""Runs functions: the program in their code, which requests events as in AWS Lambda.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from strictaws.endings import before_end

#: A program that was not invoked for this number of seconds is stopped.
_IDLE = 15
_STEP = 0.2
_PREFIX = "/2018-06-01/runtime/"
#: The program of functions with a Python runtime.
_PYTHON = [sys.executable, str(pathlib.Path(__file__).with_name("python_runtime.py"))]


class Failed(Exception):
    """A function that ended with an error, with its error document."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.document = {"errorType": kind, "errorMessage": message}


class _Handler(BaseHTTPRequestHandler):
    """The Runtime API of one program."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802
        """Return the next event as soon as it arrives."""
        identity, event, deadline, arn = self.server.program.events.get()
        self._answer(
            200,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": identity,
                "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": arn,
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            },
        )

    def do_POST(self):  # noqa: N802
        """Accept an answer or an error."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.program.answers.put((self.path.endswith("/error"), body))
        self._answer(202, b'{"status":"OK"}', {})

    def _answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Log nothing."""


class _Program:
    """One running program, which handles events in sequence."""

    def __init__(self, command, folder, variables):
        self.events, self.answers = queue.Queue(), queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads, self._server.program = True, self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{self._server.server_port}"
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**variables, "AWS_LAMBDA_RUNTIME_API": address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def invoke(self, event, timeout, arn):
        """The answer of the program to an event."""
        identity, deadline = str(uuid.uuid4()), time.time() + timeout
        self.events.put((identity, event, deadline, arn))
        while True:
            try:
                is_error, body = self.answers.get(timeout=_STEP)
                break
            except queue.Empty:
                code = self._process.poll()
                if code is not None and self.answers.empty():
                    message = f"RequestId: {identity} Error: Runtime exited with error: {code}"
                    raise Failed("Runtime.ExitError", message) from None
                if time.time() > deadline:
                    self.end()
                    message = (
                        f"RequestId: {identity} Error: Task timed out after {timeout:.2f} seconds"
                    )
                    raise Failed("Sandbox.Timedout", message) from None
        if is_error:
            document = json.loads(body or b"{}")
            failed = Failed(document.get("errorType"), document.get("errorMessage"))
            failed.document = document
            raise failed
        return body

    @property
    def is_alive(self):
        """Whether it can handle another event."""
        return self._process.poll() is None

    def end(self):
        """Stop it immediately."""
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()


class Runtime:
    """The programs of all functions. Idle programs are reused for a while."""

    def __init__(self):
        self._folder = None
        self._idle = defaultdict(list)
        self._lock = threading.Lock()
        self._programs = set()
        before_end(self.end)

    def run(self, code, settings, event, timeout, arn, is_python=False):
        """The answer of a function's program to an event.

        ``settings`` are its environment variables; programs that started with
        the same variables are reused. ``is_python``: the code has modules in
        place of a program. Raises :class:`Failed`.
        """
        command, folder = self._extracted(code, is_python)
        key = (str(folder), json.dumps(settings, sort_keys=True))
        program = self._take(key, command, folder, settings)
        try:
            return program.invoke(event, timeout, arn)
        finally:
            self._give_back(key, program)

    def _extracted(self, code, is_python):
        """The program of a zip with its folder, extracted once."""
        digest = hashlib.sha256(code).hexdigest()
        with self._lock:
            self._folder = self._folder or tempfile.mkdtemp(prefix="functions-")
            folder = pathlib.Path(self._folder, digest)
            command = folder / "bootstrap"
            if not folder.exists():
                try:
                    with zipfile.ZipFile(io.BytesIO(code)) as archive:
                        archive.extractall(folder)
                except zipfile.BadZipFile as problem:
                    raise Failed("Runtime.InvalidEntrypoint", "the code is no zip") from problem
                if command.exists():
                    command.chmod(0o755)
        if is_python:
            return _PYTHON, folder
        if not command.exists():
            message = "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap]"
            raise Failed("Runtime.InvalidEntrypoint", message)
        return [str(command)], folder

    def _take(self, key, command, folder, settings):
        with self._lock:
            while self._idle[key]:
                program, _ = self._idle[key].pop()
                if program.is_alive:
                    return program
        try:
            program = _Program(command, folder, settings)
        except OSError as problem:
            raise Failed("Runtime.InvalidEntrypoint", f"Error: {problem}") from problem
        with self._lock:
            self._programs.add(program)
        return program

    def _give_back(self, key, program):
        with self._lock:
            if not program.is_alive:
                self._programs.discard(program)
                return
            entry = (program, time.time())
            self._idle[key].append(entry)
        timer = threading.Timer(_IDLE, self._expire, (key, entry))
        timer.daemon = True
        timer.start()

    def _expire(self, key, entry):
        with self._lock:
            if entry not in self._idle[key]:
                return  # it works, or it has worked since
            self._idle[key].remove(entry)
            self._programs.discard(entry[0])
        entry[0].end()

    def end(self):
        """Stop all programs, and remove their files."""
        for program in list(self._programs):
            with contextlib.suppress(Exception):
                program.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def path_variables():
    """The variables of this process that programs need to start."""
    return {"PATH": os.environ.get("PATH", "")}
