"""Writes the report of a comparison as Markdown."""

SIDES = {
    "fakecloud": "fakecloud differs from AWS",
    "environment": "The test environment differs from AWS",
    "neither": "Both are possible in AWS",
    "unknown": "AWS does not document which is correct",
}


def report(comparison, known, versions, commands):
    """Return the text of the report."""
    used, unknown, unused = comparison.sorted_by(known)
    lines = ["## Versions", "", *[f"- {text}" for text in versions], ""]
    lines += ["## Commands", "", *[f"- `{text}`" for text in commands], ""]
    lines += _summary(comparison, used, unknown)
    lines += _operations(comparison)
    if unknown:
        lines += ["## Unknown differences", ""]
        lines += ["| difference | test environment | fakecloud |", "|---|---|---|"]
        lines += [f"| `{one.key}` | {_cell(one.ours)} | {_cell(one.theirs)} |" for one in unknown]
        lines += [""]
    for side, title in SIDES.items():
        rows = [(one, matched) for one, matched in used if one.side == side]
        if rows:
            lines += _known(title, rows)
    if unused:
        lines += ["## Known differences that no longer exist", ""]
        lines += [f"- `{one.key}`" for one in unused] + [""]
    return "\n".join(lines)


def _summary(comparison, used, unknown):
    explained = sum(len(matched) for _, matched in used)
    return [
        "## Summary",
        "",
        "| compared | number |",
        "|---|---:|",
        f"| operations called | {len(comparison.operations)} |",
        f"| operations with the same outcomes in all phases | {len(comparison.same_outcomes)} |",
        f"| results that agree | {len(comparison.same_results)} |",
        f"| members of responses in both | {comparison.same_members} |",
        f"| differences with a reason | {explained} |",
        f"| differences without a reason | {len(unknown)} |",
        "",
    ]


def _operations(comparison):
    by_service = {}
    for name in comparison.operations:
        service, _, operation = name.partition(":")
        mark = "" if name in comparison.same_outcomes else "*"
        by_service.setdefault(service, []).append(f"{operation}{mark}")
    lines = [
        "## Operations",
        "",
        "A star marks an operation that ended differently in at least one phase.",
        "",
        "| service | operations |",
        "|---|---|",
    ]
    lines += [f"| {service} | {', '.join(names)} |" for service, names in by_service.items()]
    return [*lines, ""]


def _known(title, rows):
    lines = [f"## {title}", "", "| differences | number | example | reason |", "|---|---:|---|---|"]
    for one, matched in rows:
        example = matched[0]
        shown = f"test environment: {_cell(example.ours)}; fakecloud: {_cell(example.theirs)}"
        lines.append(f"| `{one.key}` | {len(matched)} | {shown} | {one.reason} |")
    return [*lines, ""]


def _cell(text):
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= 160 else text[:157] + "..."
