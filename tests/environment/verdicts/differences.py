"""The differences between the result of a program and what a case expects."""

import http.server
import json
import os
import pathlib
import shlex
import subprocess
import threading

from verdicts.answers import Answers, Handler

#: Where the cases and their inputs are.
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "verdicts"


def load(name):
    """A file of the cases."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def cases():
    """All cases."""
    files = sorted((FOLDER / "cases").glob("*.json"))
    return [case for file in files for case in json.loads(file.read_text(encoding="utf-8"))]


def differences(case, program):
    """The differences from what the case expects, one text each."""
    expected, command = case["expected"], shlex.split(case["command"])
    if command[:2] == ["filter", "cover"]:
        found, message = _of_cover(case, command, program)
    elif command[:2] == ["filter", "match"]:
        found, message = _of_match(case, command, program)
    else:
        given = load(case["answers"]) if case.get("answers") else None
        code, out, err, refused = _run(program, command, given)
        found, message = [], out + err
        if "exit" in expected:
            if code != expected["exit"]:
                found.append(f"exit {code}: {_message(err, out)}")
        elif command[0] == "policy":
            found = _of_policy(expected, code, out, err)
        else:
            found, message = _of_scan(case, code, out, err, refused)
    said = message.lower()
    for text in _listed(case.get("must_say") or []):
        if not any(one in said for one in text.lower().split("|")):
            found.append(f"it does not say '{text}': {' '.join(message.split())[:240]}")
    for text in _listed(case.get("must_not_say") or []):
        if text.lower() in said:
            found.append(f"it says '{text}': {' '.join(message.split())[:240]}")
    return found


def _run(program, arguments, given, standard_input=None):
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AWS_", "PLUMBLINE_"))
    }
    server = None
    if given is not None:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.answers = True, Answers(given)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        environment |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "EXAMPLE",
            "AWS_REGION": given["regions"][0],
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PLUMBLINE_SECURITY_HUB": "off",
            "NO_COLOR": "1",
            **given.get("environment", {}),
        }
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=FOLDER,
            env=environment,
            input=standard_input,
            capture_output=True,
            text=True,
            timeout=300,
        )
    finally:
        if server:
            server.shutdown()
            server.server_close()
    refused = server.answers.refused if server else []
    return done.returncode, done.stdout, done.stderr, refused


def _evaluations(text):
    answer = json.loads(text)
    if isinstance(answer, list):
        # The output of invoke names neither control nor account.
        for one in answer:
            yield {**one, "control": None, "account": None}
        return
    for account in answer["accounts"]:
        for control in account["controls"]:
            for one in control["evaluations"]:
                yield {**one, "control": control["id"], "account": account["account_id"]}


def _is_about(evaluation, wanted):
    def is_same(name):
        actual = evaluation[name]
        return wanted.get(name) is None or actual is None or wanted[name] == actual

    is_resource = evaluation["resource_id"] == wanted["resource"]
    return is_resource and all(is_same(name) for name in ("control", "region", "account"))


def _member(event, path):
    for name in path.split("."):
        if not isinstance(event, dict) or name not in event:
            return None, False
        event = event[name]
    return event, True


def _listed(value):
    return value if isinstance(value, list) else [value]


def _message(err, out):
    """The program's message, without what was logged before it."""
    text = err[max(err.find("error:"), 0) :].strip() or out.strip()
    return " ".join(text.split())[:240]


def _entry(name):
    file, _, key = name.partition("#")
    return load(file)[key]


def _of_cover(case, command, program):
    expected, patterns = case["expected"], _entry(case["input"])["patterns"]
    code, out, err, _ = _run(program, [*command, "--", *patterns], None)
    try:
        answer = json.loads(out)
    except ValueError:
        return [f"exit {code}: {_message(err, out)}"], ""
    found, event = [], answer.get("missed_event")
    shown = json.dumps(event)[:160] if event else ""
    if answer["verdict"] not in _listed(expected["verdict"]):
        found.append(f"{answer['verdict']} {shown}".strip())
    facts = answer.get("facts") or []
    missing = set(expected.get("facts", [])) - set(facts)
    if missing:
        found.append(f"facts lack {', '.join(sorted(missing))}")
    if "facts" in expected and not expected["facts"] and facts:
        found.append(f"facts are {facts}, none expected")
    witness = expected.get("witness", {})
    if event is None:
        if witness and answer["verdict"] == "misses":
            found.append("no missed event")
    else:
        for path in witness.get("has", []):
            if not _member(event, path)[1]:
                found.append(f"the missed event lacks {path}: {shown}")
        for path, values in witness.get("is", {}).items():
            value = _member(event, path)[0]
            if value not in _listed(values):
                found.append(f"the missed event has {path} = {json.dumps(value)}")
        for pattern in patterns:
            matching = ["filter", "match", "--format", "json", "--", pattern]
            _, matched, _, _ = _run(program, matching, None, json.dumps(event) + "\n")
            if json.loads(matched).get("matches") == [1]:
                found.append("the missed event is matched by a pattern of the case")
    return found, f"{answer.get('detail')} {json.dumps(answer)} {err}"


def _of_match(case, command, program):
    entry, expected = _entry(case["input"]), case["expected"]
    events = "".join(f"{line}\n" for line in entry["events"])
    code, out, err, _ = _run(program, [*command, "--", entry["pattern"]], None, events)
    try:
        answer = json.loads(out)
    except ValueError:
        return [f"exit {code}: {_message(err, out)}"], ""
    if expected.get("invalid"):
        found = [] if "invalid" in answer else [f"accepted: {out.strip()[:120]}"]
    else:
        found = [] if answer.get("matches") == expected["matches"] else [out.strip()[:200]]
    return found, out + err


def _of_policy(expected, code, out, err):
    try:
        answer = json.loads(out)
    except ValueError:
        return [f"exit {code}: {_message(err, out)}"]
    verdicts = {question: answer.get(question, {}).get("verdict") for question in expected}
    return [
        f"{question}: {verdicts[question] or out.strip()[:160]}"
        for question, verdict in expected.items()
        if verdicts[question] != verdict
    ]


def _of_scan(case, code, out, err, refused):
    try:
        every = list(_evaluations(out))
    except (ValueError, KeyError):
        return [f"exit {code}: {_message(err, out)}"], ""
    found, message = [], out + err if case.get("look_in") == "output" else err
    ids = ("id", "resource_id", "arn", "account")
    for wanted in _listed(case["expected"]):
        mine = [one for one in every if _is_about(one, wanted)]
        place = [wanted[name] for name in ("region", "account") if name in wanted]
        name = " ".join([wanted["control"], wanted["resource"], *place])
        if not mine:
            seen = "; ".join(f"{one['resource_id']} {one['compliance']}" for one in every)
            found.append(f"{name}: no such evaluation, but {seen[:240]}")
        for one in mine:
            message += json.dumps({key: value for key, value in one.items() if key not in ids})
            if one["compliance"] not in _listed(wanted["compliance"]):
                found.append(f"{name}: {one['compliance']}: {one['reason']}")
    if found and refused:
        found[-1] += f" [refused: {', '.join(sorted(set(refused)))[:200]}]"
    return found, message
