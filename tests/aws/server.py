#!/usr/bin/env python3
"""Serves the AWS test environment on loopback. See README.md beside this file."""

import argparse
import os
import signal
import sys
import tempfile
import threading

# Read by moto when it is imported. Buckets are always in the path, managed
# policies exist as in a real account, and the bulky default images do not.
os.environ.setdefault("S3_IGNORE_SUBDOMAIN_BUCKETNAME", "true")
os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.pop("MOTO_ACCOUNT_ID", None)
# moto builds sessions of its own; they must never look for real credentials.
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes any free one")
    parser.add_argument("--port-file", help="write the port here when ready")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input closes")
    parser.add_argument("--verbose", action="store_true", help="log every request to standard error")
    return parser.parse_args()


def write_atomically(path, text):
    """Write a file so that a reader sees all of it or none."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".port-")
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    os.replace(temporary, path)


def end_with_standard_input():
    """Block until the parent closes our standard input, then leave."""
    try:
        while os.read(sys.stdin.fileno(), 4096):
            pass
    except OSError:
        pass
    os._exit(0)


def main():
    """Start, announce, serve until told to stop."""
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    if options.exit_with_parent:
        threading.Thread(target=end_with_standard_input, daemon=True).start()
    if not options.verbose:
        import logging
        import warnings

        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)

    from application import Application
    from http_server import Server

    server = Server(("127.0.0.1", options.port), Application(), options.verbose)
    os.environ["MOTO_PORT"] = str(server.server_port)
    if options.port_file:
        write_atomically(options.port_file, f"{server.server_port}\n")
    print(f"endpoint http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.5)


if __name__ == "__main__":
    main()
