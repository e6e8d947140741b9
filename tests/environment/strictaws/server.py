"""The process: command line, announcement of the port, end."""

import argparse
import logging
import os
import signal
import sys
import tempfile
import threading
import warnings

from strictaws.endings import end
from strictaws.http_server import Server


def arguments(description):
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--port-file", help="write the port to this file when ready")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when standard input closes"
    )
    parser.add_argument(
        "--verbose", action="store_true", help="log every request to standard error"
    )
    parser.add_argument(
        "--check-answers",
        action="store_true",
        help="compare each answer with the model of its service",
    )
    return parser.parse_args()


def write_atomically(path, text):
    """Write a file so that a reader sees all of it or none."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".port-")
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    os.replace(temporary, path)


def end_with_standard_input():
    """Block until the parent closes the standard input, then end the process."""
    try:
        while os.read(sys.stdin.fileno(), 4096):
            pass
    except OSError:
        pass
    end()
    os._exit(0)


def serve(options, make_application):
    """Start, announce the endpoint, and serve until the process is stopped.

    ``make_application`` builds the WSGI application from the options; it runs
    after signals are set up, because building it imports moto.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (end(), os._exit(0)))
    if options.exit_with_parent:
        threading.Thread(target=end_with_standard_input, daemon=True).start()
    if not options.verbose:
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
    server = Server(("127.0.0.1", options.port), make_application(options), options.verbose)
    os.environ["MOTO_PORT"] = str(server.server_port)
    if options.port_file:
        write_atomically(options.port_file, f"{server.server_port}\n")
    print(f"endpoint http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.5)
