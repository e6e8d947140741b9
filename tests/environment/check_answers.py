#!/usr/bin/env python3
"""Fails if the server returned a response that the model of its service does not allow.

    python tests/environment/check_answers.py --endpoint http://127.0.0.1:PORT

The server has to run with `--check-answers`.
"""

import argparse
import json
import sys
import urllib.request


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", required=True)
    url = f"{parser.parse_args().endpoint}/_plumbline/answers"
    with urllib.request.urlopen(url) as answer:
        report = json.load(answer)
    if report is None:
        sys.exit("the server does not check its answers: start it with --check-answers")
    violations = report["violations"]
    print(f"test environment: {report['checked']} answers checked, {len(violations)} wrong")
    for violation in violations:
        print(f"  {violation}")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
