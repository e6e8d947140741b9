"""Reads a Terraform module, checks it, and prints the stacks and stack sets that it deploys.

The argument is a JSON file: the folder of the module, the values of its variables, and the account.
"""

import json
import pathlib
import re
import sys

import hcl2

# The arguments of the resource types, of version 6.41 of the provider, with those of Terraform
# itself. https://registry.terraform.io/providers/hashicorp/aws/latest/docs
META = {"count", "for_each", "depends_on", "lifecycle", "timeouts"}
PERCENTAGES = {
    "failure_tolerance_count",
    "failure_tolerance_percentage",
    "max_concurrent_count",
    "max_concurrent_percentage",
    "region_concurrency_type",
    "region_order",
}
ARGUMENTS = {
    "aws_cloudformation_stack": {
        "capabilities": None,
        "disable_rollback": None,
        "iam_role_arn": None,
        "name": None,
        "notification_arns": None,
        "on_failure": None,
        "parameters": None,
        "policy_body": None,
        "policy_url": None,
        "region": None,
        "tags": None,
        "template_body": None,
        "template_url": None,
        "timeout_in_minutes": None,
    },
    "aws_cloudformation_stack_set": {
        "administration_role_arn": None,
        "auto_deployment": {
            "depends_on_stack_sets",
            "enabled",
            "retain_stacks_on_account_removal",
        },
        "call_as": None,
        "capabilities": None,
        "description": None,
        "execution_role_name": None,
        "managed_execution": {"active"},
        "name": None,
        "operation_preferences": PERCENTAGES,
        "parameters": None,
        "permission_model": None,
        "region": None,
        "tags": None,
        "template_body": None,
        "template_url": None,
    },
    "aws_cloudformation_stack_instances": {
        "accounts": None,
        "call_as": None,
        "deployment_targets": {
            "account_filter_type",
            "accounts",
            "accounts_url",
            "organizational_unit_ids",
        },
        "operation_preferences": PERCENTAGES | {"concurrency_mode"},
        "parameter_overrides": None,
        "region": None,
        "regions": None,
        "retain_stacks": None,
        "stack_set_name": None,
    },
}

TOKEN = re.compile(r'\s*("(?:\\.|[^"\\])*"|=>|==|!=|&&|\|\||>=|<=|[A-Za-z_][\w-]*|[0-9]+|.)')


class Expression:
    """Evaluates the part of the language that the modules use."""

    def __init__(self, text, scope):
        """Begin with the text of an expression."""
        self.tokens = TOKEN.findall(text)
        self.scope = scope
        self.at = 0

    def peek(self):
        """Return the next token."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, expected=None):
        """Return the next token and go on."""
        token = self.peek()
        assert expected in (None, token), f"{token} instead of {expected} in {self.tokens}"
        self.at += 1
        return token

    def value(self):
        """Evaluate everything."""
        value = self.choice()
        assert self.peek() is None, f"{self.tokens[self.at :]} in {self.tokens}"
        return value

    def choice(self):
        """Evaluate `condition ? value : value`."""
        condition = self.operation()
        if self.peek() != "?":
            return condition
        self.take("?")
        chosen = self.choice()
        self.take(":")
        other = self.choice()
        return chosen if condition else other

    def operation(self):
        """Evaluate comparisons, which bind as their order in the modules suggests."""
        value = self.comparison()
        while self.peek() in ("&&", "||"):
            operator, other = self.take(), self.comparison()
            value = (value and other) if operator == "&&" else (value or other)
        return value

    def comparison(self):
        """Evaluate `a == b`."""
        value = self.operand()
        if self.peek() in ("==", "!="):
            is_equal = self.take() == "=="
            return (value == self.operand()) == is_equal
        return value

    def operand(self):
        """Evaluate a literal, a reference, a call, a list or a map, with its index."""
        token = self.take()
        if token.startswith('"'):
            return text_of(token, self.scope)
        if token == "[":
            return self.members("]")
        if token == "{":
            return self.members("}")
        if token == "(":
            value = self.choice()
            self.take(")")
            return value
        if token.isdigit():
            return int(token)
        if token in ("true", "false"):
            return token == "true"
        if self.peek() == "(":
            self.take("(")
            return FUNCTIONS[token](*self.members(")"))
        return self.reference(token)

    def reference(self, name):
        """Evaluate `local.name[key].member`."""
        value = self.scope[name]
        while self.peek() in (".", "["):
            if self.take() == ".":
                value = value[self.take()]
            else:
                key = self.choice()
                self.take("]")
                value = value[key]
        return value

    def members(self, end):
        """Evaluate the members of a list, a map or a call, also `for` expressions."""
        if self.peek() == "for":
            return self.comprehension(end)
        values, entries = [], {}
        while self.peek() != end:
            if end == "}":
                key = self.take()
                self.take("=")
                entries[key] = self.choice()
            else:
                values.append(self.choice())
            if self.peek() == ",":
                self.take(",")
        self.take(end)
        return entries if end == "}" else values

    def comprehension(self, end):
        """Evaluate `for name in values : value if condition`."""
        self.take("for")
        name = self.take()
        self.take("in")
        values = self.choice()
        self.take(":")
        start, found = self.at, []
        for value in values:
            self.at = start
            self.scope[name] = value
            key = self.choice()
            if end == "}":
                self.take("=>")
                found.append((key, self.choice()))
            else:
                found.append(key)
            if self.peek() == "if":
                self.take("if")
                if not self.choice():
                    found.pop()
            assert self.peek() == end
        self.scope.pop(name, None)
        while self.peek() != end:
            self.take()
        self.take(end)
        return dict(found) if end == "}" else found


def merged(*maps):
    """Return one map."""
    return {name: value for one in maps for name, value in one.items()}


FUNCTIONS = {
    "concat": lambda *lists: [value for one in lists for value in one],
    "distinct": lambda values: list(dict.fromkeys(values)),
    "join": lambda separator, values: separator.join(values),
    "jsonencode": json.dumps,
    "length": len,
    "lookup": lambda values, key, default: values.get(key, default),
    "merge": merged,
    # The digest itself is not compared.
    "sha256": lambda text: "0" * 64,
    "substr": lambda text, start, length: text[start : start + length],
    "toset": lambda values: sorted(set(values)),
}


def text_of(literal, scope):
    """Return the text of a literal with its interpolations."""
    parts = re.split(r"(\$\{[^}]*\})", literal[1:-1])
    shown = [
        str(Expression(part[2:-1], scope).value()) if part.startswith("${") else part
        for part in parts
    ]
    return "".join(shown).replace('\\"', '"').replace("\\\\", "\\")


def evaluated(value, scope):
    """Evaluate a value as the parser returns it."""
    if isinstance(value, dict):
        return {plain(name): evaluated(one, scope) for name, one in value.items()}
    if isinstance(value, list):
        return [evaluated(one, scope) for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith("${") and value.endswith("}"):
        return Expression(value[2:-1], scope).value()
    return text_of(value, scope) if value.startswith('"') else value


def plain(name):
    """Return a label or key without quotes."""
    return name.strip('"')


def blocks(documents, kind):
    """Return the blocks of a kind with their labels."""
    for document in documents:
        for block in document.get(kind, []):
            labels, body = [], block
            while "__is_block__" not in body:
                ((label, body),) = body.items()
                labels.append(plain(label))
            yield labels, {name: one for name, one in body.items() if name != "__is_block__"}


def checked_arguments(kind, body):
    """Check the names of arguments against the table."""
    known = ARGUMENTS[kind]
    for name, value in body.items():
        assert name in known or name in META, f"{kind} has no argument {name}"
        if isinstance(known.get(name), set):
            assert len(value) == 1, f"{kind}: several blocks {name}"
            given = set(value[0]) - {"__is_block__"}
            assert given <= known[name], f"{kind}: {name} has no {given - known[name]}"


def check_references(texts, variables):
    """Check that each variable is declared and used, outside of its own validation too."""
    used = set(re.findall(r"\bvar\.([a-z0-9_]+)", "\n".join(texts)))
    assert used == variables, f"undeclared or unused: {used ^ variables}"


def read(folder):
    """Return the parsed files, and the texts of those that use variables."""
    files = sorted(pathlib.Path(folder).glob("*.tf"))
    documents = []
    for file in files:
        with file.open(encoding="utf-8") as opened:
            documents.append(hcl2.load(opened))
    texts = [file.read_text(encoding="utf-8") for file in files if file.name != "variables.tf"]
    return documents, texts


def scope_of(documents, given):
    """Return the variables, data sources and local values."""
    variables = {}
    for (name,), body in blocks(documents, "variable"):
        assert {"description", "type", "nullable"} <= set(body), name
        if "default" in body:
            variables[name] = evaluated(body["default"], {})
    unknown = set(given["variables"]) - {name for (name,), _ in blocks(documents, "variable")}
    assert not unknown, f"no variables {unknown}"
    variables.update(given["variables"])
    scope = {
        "var": variables,
        "data": {
            "aws_caller_identity": {"current": {"account_id": given["account"]}},
            "aws_partition": {"current": {"dns_suffix": "amazonaws.com"}},
        },
        "local": {},
    }
    left = {name: one for _, body in blocks(documents, "locals") for name, one in body.items()}
    while left:
        before = len(left)
        for name, value in list(left.items()):
            try:
                scope["local"][name] = evaluated(value, scope)
            except KeyError:
                continue
            del left[name]
        assert len(left) < before, f"cannot evaluate {list(left)}"
    return scope


def places(body, scope):
    """Return the scopes of a resource's instances."""
    if "for_each" in body:
        keys = evaluated(body["for_each"], scope)
        return [scope | {"each": {"key": key}} for key in keys]
    if "count" in body:
        return [scope] * evaluated(body["count"], scope)
    return [scope]


def deployed(documents, scope):
    """Return the stacks and stack sets in an order that their dependencies allow."""
    found, after = {}, {}
    for (kind, name), body in blocks(documents, "resource"):
        checked_arguments(kind, body)
        address = f"{kind}.{name}"
        after[address] = [one[2:-1] for one in body.get("depends_on", [])]
        if kind == "aws_cloudformation_stack_instances":
            after[address].append(f"aws_cloudformation_stack_set.{name}")
        for inner in places(body, scope):
            if kind == "aws_cloudformation_stack_instances":
                targets = body["deployment_targets"][0]
                assert "accounts" not in targets, "only units exclude accounts"
                one = {
                    "regions": evaluated(body["regions"], inner),
                    "units": evaluated(targets["organizational_unit_ids"], inner),
                }
            else:
                one = {
                    name: evaluated(body[name], inner)
                    for name in ("name", "region", "template_url", "parameters", "capabilities")
                }
            found.setdefault(address, []).append({"address": address} | one)
    closed = {address: set(named) for address, named in after.items()}
    for _ in after:
        for named in closed.values():
            named |= {further for address in named for further in closed[address]}
    ordered, done = [], set()
    while len(done) < len(after):
        ready = [one for one in after if one not in done and set(after[one]) <= done]
        assert ready, f"a circle in {after}"
        for address in ready:
            before = {"after": sorted(closed[address])}
            ordered.extend(one | before for one in found.get(address, []))
            done.add(address)
    return ordered


def main():
    """Check a module and print its deployments."""
    given = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    documents, texts = read(given["folder"])
    check_references(texts, {name for (name,), _ in blocks(documents, "variable")})
    scope = scope_of(documents, given)
    outputs = {
        name: evaluated(body["value"], scope) for (name,), body in blocks(documents, "output")
    }
    print(
        json.dumps(
            {
                "deployments": deployed(documents, scope),
                "locals": scope["local"],
                "outputs": outputs,
            }
        )
    )


main()
