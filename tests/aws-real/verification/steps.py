"""The calls that change something, as a plan lists them."""

from dataclasses import dataclass

#: List prices of us-east-1 in US dollars.
PER_EVALUATION = 0.001
PER_ITEM = 0.003


@dataclass(frozen=True)
class Step:
    """A call that changes something.

    ``account`` is the account that calls: deploying, management or member.
    ``creates`` is what exists afterwards; ``evaluations`` and ``items`` are
    what AWS Config bills for it at most: rule evaluations and configuration
    items.
    """

    service: str
    operation: str
    resource: str
    creates: str = ""
    account: str = "deploying"
    evaluations: int = 0
    items: int = 0

    def allows(self, account, service, operation, resource):
        """Whether this step is the call."""
        wanted = (self.account, self.service, self.operation)
        return wanted == (account, service, operation) and resource == self.resource

    @property
    def api(self):
        """The operation as AWS writes it, with its service."""
        return f"{self.service}:{''.join(part.title() for part in self.operation.split('_'))}"

    @property
    def cost(self):
        """What it costs at most, in US dollars."""
        return self.evaluations * PER_EVALUATION + self.items * PER_ITEM


def written(steps, removals, notes):
    """A plan as text."""
    lines = ["Calls that change something, in this order:", ""]
    lines += [_line(step) for step in steps]
    lines += ["", "Calls that remove it, at the end, on an error and on Ctrl-C:", ""]
    lines += [_line(step) for step in removals]
    evaluations = sum(step.evaluations for step in steps)
    items = sum(step.items for step in steps)
    total = sum(step.cost for step in steps)
    lines += [
        "",
        f"Cost: about {total:.2f} USD at most ({evaluations} rule evaluations, {items} "
        "configuration items; AWS Lambda, CloudWatch Logs and S3 less than 0.01 USD).",
        *notes,
    ]
    return "\n".join(lines)


def _line(step):
    cost = f" ({step.cost:.3f} USD)" if step.cost else ""
    creates = f": {step.creates}" if step.creates else ""
    account = "" if step.account == "deploying" else f" [{step.account} account]"
    return f"- {step.api} {step.resource}{account}{creates}{cost}"
