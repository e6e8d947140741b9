"""The report of a run: a table in Markdown, or JSON."""

import json
import re

_ACCOUNT = re.compile(r"(?<![\w-])\d{12}(?![\w-])")
_ORGANIZATION = re.compile(r"\bo-[a-z0-9]{10,32}\b")


def document(answers, facts, leftovers):
    """The report as a JSON object. ``facts`` describe the run."""
    return {
        "schema": 1,
        **facts,
        "answers": [one.as_json(facts["simulated"]) for one in answers],
        "leftovers": leftovers,
    }


def table(report):
    """The report as a table in Markdown."""
    lines = [
        f"Region {report['region']}, {report['started']} to {report['ended']}.",
        "",
        "| question | answer | evidence (request ID, time) | what follows |",
        "|---|---|---|---|",
    ]
    for one in report["answers"]:
        answer = one["answer"]
        if one["simulated"] and answer != "not asked":
            answer += " (as simulated)"
        evidence = "; ".join(_evidence(item) for item in one["evidence"]) or "–"
        cells = (
            f"{one['question']} {one['title']}",
            f"**{answer}**: {one['reason']}",
            evidence,
            one["follows"],
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    if report["simulated"]:
        lines += ["", "The endpoint is on loopback: a simulation answered, not AWS."]
    if report["leftovers"]:
        lines += ["", "Not removed:", *(f"- {one}" for one in report["leftovers"])]
    return "\n".join(lines)


def masked(text, known):
    """A text without the IDs of accounts and organizations. ``known`` are names by ID."""
    text = _ACCOUNT.sub(lambda found: f"<{known.get(found.group(), 'account')}>", text)
    return _ORGANIZATION.sub("<organization>", text)


def written(report, form, known=None):
    """The report in a format; masked if ``known`` are the names of accounts."""
    if known is not None:
        report = _masked(report, known)
    if form == "json":
        return json.dumps(report, indent=2, ensure_ascii=False)
    return table(report)


def _masked(value, known):
    """A JSON value whose texts are masked. Request IDs stay: they name no account."""
    if isinstance(value, dict):
        return {
            name: part if name == "request_id" else _masked(part, known)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_masked(part, known) for part in value]
    return masked(value, known) if isinstance(value, str) else value


def _evidence(item):
    shown = f" {item['shown']}" if item["shown"] else ""
    return f"{item['operation']}{shown} ({item['request_id']}, {item['time']})"


def _cell(text):
    return " ".join(text.split()).replace("|", r"\|")
