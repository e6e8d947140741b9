#!/usr/bin/env python3
"""Compares the test environment with fakecloud, an emulator of AWS by other authors.

    python tests/second-opinion/second_opinion.py --fakecloud FILE --plumbline FILE \\
        --bootstrap FILE --output FOLDER

It runs the same scan, deployment and evaluation against both, and writes
report.md and differences.json to the folder. It ends with 1 if a difference is
not in known.toml, or if known.toml lists one that no longer exists.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The recorder identifies calls and checks responses like the test environment.
sys.path.insert(0, str(HERE.parent / "environment"))

from opinion.compare import Known, compare  # noqa: E402
from opinion.emulators import Environment, Fakecloud  # noqa: E402
from opinion.recorder import recording  # noqa: E402
from opinion.report import SIDES, report  # noqa: E402
from opinion.steps import Run  # noqa: E402


def known_differences():
    """Return the known differences with their reasons."""
    entries = tomllib.loads((HERE / "known.toml").read_text())["difference"]
    known = [Known(entry["key"], entry["side"], entry["reason"]) for entry in entries]
    for one in known:
        if one.side not in SIDES:
            raise SystemExit(f"known.toml: '{one.side}' is not one of {', '.join(SIDES)}")
    return known


def one_run(emulator, options, folder):
    """Run all steps against one emulator, and return its version, calls, results and commands."""
    with emulator, recording(emulator.endpoint) as recorder:
        run = Run(emulator, recorder, options, folder)
        run.all()
        calls = [
            {
                "phase": call.phase,
                "call": call.name,
                "region": call.region,
                "outcome": call.outcome,
                "message": call.message,
            }
            for call in recorder.calls
        ]
        (folder / "calls.json").write_text(json.dumps(calls, indent=1))
        (folder / "results.json").write_text(json.dumps(run.results, indent=1))
        return emulator.version(), recorder.calls, run.results, run.commands


def ran(ours, theirs):
    """Return the commands that ran against both, each once."""
    return [one for one in dict.fromkeys(ours) if one in theirs]


def main():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("fakecloud", "plumbline", "bootstrap", "output"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    folders = [Path(options.output) / name for name in ("environment", "fakecloud")]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    known = known_differences()
    emulators = (
        Environment(folders[0] / "emulator.log"),
        Fakecloud(folders[1] / "emulator.log", options.fakecloud),
    )
    with ThreadPoolExecutor() as threads:
        ours, theirs = threads.map(one_run, emulators, (options, options), folders)
    comparison = compare(ours[1], theirs[1], ours[2], theirs[2])
    plumbline = subprocess.run(
        [options.plumbline, "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    text = report(comparison, known, [plumbline, ours[0], theirs[0]], ran(ours[3], theirs[3]))
    output = Path(options.output)
    (output / "report.md").write_text(text)
    differences = [vars(one) for one in comparison.differences]
    (output / "differences.json").write_text(json.dumps(differences, indent=1))
    _, unknown, unused = comparison.sorted_by(known)
    for one in unknown:
        print(f"unknown difference: {one.key}: {one.ours[:200]} / {one.theirs[:200]}")
    for one in unused:
        print(f"no longer a difference: {one.key}")
    print(f"{len(comparison.operations)} operations, {len(comparison.differences)} differences, ")
    print(f"of which {len(unknown)} without a reason; report in {output / 'report.md'}")
    return 1 if unknown or unused else 0


if __name__ == "__main__":
    sys.exit(main())
