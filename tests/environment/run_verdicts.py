#!/usr/bin/env python3
"""Runs the cases of verdicts in ``tests/verdicts`` against a program, and prints each difference.

python tests/environment/run_verdicts.py target/debug/plumbline --only 4.4
"""

import argparse
import concurrent.futures
import os
import sys

from verdicts.differences import cases, differences


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="plumbline, with AWS in it")
    parser.add_argument("--only", default="", help="cases whose id or control contains this text")
    parser.add_argument("--kind", help="cases of this kind")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    chosen = [
        case
        for case in cases()
        if options.only in f"{case['id']} {case['control']}"
        and options.kind in (None, case["kind"])
    ]
    if not chosen:
        parser.error("there is no such case")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda case: differences(case, program), chosen))
    for case, found in zip(chosen, results, strict=True):
        if found:
            print(f"{case['id']} [{case['kind']}]: {case['why']}")
            print("".join(f"    {text}\n" for text in found), end="")
    agreeing = sum(not found for found in results)
    print(f"{agreeing} of {len(chosen)} cases agree")
    return int(agreeing != len(chosen))


if __name__ == "__main__":
    sys.exit(main())
