"""The errors of a run."""


class Misuse(Exception):
    """The run cannot begin, because of what was given or of the account: exit code 2.

    ``advice`` is what to do.
    """

    def __init__(self, problem, advice):
        super().__init__(problem)
        self.advice = advice


class NotPrepared(Exception):
    """What the questions need could not be created: no question has an answer."""


class NotPlanned(Exception):
    """A defect: a call that changes something, and that the plan does not list."""


def code_of(problem):
    """The error code of an AWS error; empty for other errors."""
    return getattr(problem, "response", {}).get("Error", {}).get("Code", "")


def text_of(problem):
    """An error in one line."""
    error = getattr(problem, "response", {}).get("Error")
    if error:
        return f"{error.get('Code')}: {error.get('Message')}"
    return f"{type(problem).__name__}: {problem}"
