"""The command line."""

import argparse
import pathlib
import re

from verification.errors import Misuse

FORMATS = ("table", "json")


def parse(given):
    """The options of a run. Raises :class:`Misuse`, or ends with exit code 2."""
    options = _parser().parse_args(given)
    options.formats = [_format(one) for one in options.format or ["table"]]
    for name in ("member", "spare_account"):
        value = getattr(options, name)
        if value is not None and not re.fullmatch(r"\d{12}", value):
            raise Misuse(f"'{value}' is not an account ID", "Use the twelve digits of the account.")
    if options.spare_unit and not re.fullmatch(r"ou-[0-9a-z]+-[0-9a-z]+", options.spare_unit):
        raise Misuse(
            f"'{options.spare_unit}' is not the ID of an organizational unit",
            "Use the ID, such as ou-ab12-11111111.",
        )
    if bool(options.spare_account) != bool(options.spare_unit):
        raise Misuse(
            "--spare-account and --spare-unit are used together", "Use both, or neither of them."
        )
    if bool(options.plumbline) != bool(options.code):
        raise Misuse("--plumbline and --code are used together", "Use both, or neither of them.")
    for name in ("plumbline", "code", "costs"):
        path = getattr(options, name)
        if path is not None and not path.is_file():
            raise Misuse(f"the file '{path}' of --{name} does not exist", "Check the path.")
    if options.member is None and not options.clean:
        raise Misuse(
            "--member is missing", "Name a member account that has an AWS Config recorder."
        )
    if options.member and options.member == options.spare_account:
        raise Misuse("--member and --spare-account are the same account", "Name two accounts.")
    if options.minutes <= 0:
        raise Misuse("--minutes is not positive", "Use a number of minutes, such as 20.")
    return options


def _format(value):
    name, _, file = value.partition("=")
    if name not in FORMATS:
        raise Misuse(f"'{name}' is not a format", f"Use {' or '.join(FORMATS)}.")
    path = pathlib.Path(file) if file else None
    if path is not None and not path.parent.is_dir():
        # The report is written at the end of a run that takes hours.
        raise Misuse(f"the folder '{path.parent}' of --format does not exist", "Create it.")
    return name, path


def _parser():
    parser = argparse.ArgumentParser(
        prog="cargo xtask verify-on-aws",
        description="Answer, in a sandbox organization, the questions that only AWS can answer. "
        "Everything that is created is removed at the end.",
        epilog="Exit codes: 0 all asked questions are answered; 2 wrong use; 3 a question could "
        "not be answered, or something could not be removed; 130 interrupted.",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--plan", action="store_true", help="list all calls that change something, and their cost"
    )
    mode.add_argument(
        "--clean", action="store_true", help="remove what an earlier run has left, ask nothing"
    )
    mode.add_argument(
        "--costs",
        type=pathlib.Path,
        metavar="REPORT",
        help="question 7 only: read the bill of an earlier run, from its JSON report",
    )
    accounts = parser.add_argument_group("accounts")
    accounts.add_argument(
        "--profile",
        help="profile of the deploying account: the management account or a delegated "
        "administrator [default: as in the AWS CLI]",
    )
    accounts.add_argument(
        "--management-profile",
        metavar="PROFILE",
        help="profile of the management account, for moves of the spare account and for --costs "
        "[default: --profile]",
    )
    accounts.add_argument("--region", help="Region [default: as in the AWS CLI]")
    accounts.add_argument(
        "--member", metavar="ACCOUNT", help="member account with an AWS Config recorder"
    )
    accounts.add_argument(
        "--spare-account",
        metavar="ACCOUNT",
        help="member account that is moved to --spare-unit and back",
    )
    accounts.add_argument(
        "--spare-unit", metavar="OU", help="organizational unit that contains no accounts"
    )
    program = parser.add_argument_group("program")
    program.add_argument(
        "--plumbline",
        type=pathlib.Path,
        metavar="PROGRAM",
        help="deploy, scan, evaluate and remove the deploying account with this program",
    )
    program.add_argument(
        "--code", type=pathlib.Path, metavar="ZIP", help="function code for --plumbline"
    )
    output = parser.add_argument_group("run and output")
    output.add_argument("--yes", action="store_true", help="do not ask before creating")
    output.add_argument(
        "--minutes",
        type=float,
        default=20,
        help="how long to wait for each event; three times as long for findings in Security Hub "
        "[default: 20]",
    )
    output.add_argument(
        "--format",
        action="append",
        metavar="FORMAT[=FILE]",
        help="table (Markdown) or json, repeatable [default: table]",
    )
    output.add_argument(
        "--mask-accounts",
        action="store_true",
        help="replace account and organization IDs in the output",
    )
    return parser
