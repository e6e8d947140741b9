"""Answers, and the evidence for them."""

from dataclasses import asdict, dataclass, field

YES, NO = "yes", "no"
UNDETERMINED, NOT_ASKED = "could not be determined", "not asked"


def counted(count, noun):
    """A number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@dataclass
class Evidence:
    """One response of AWS: the operation, its request ID, the time in UTC, and what it showed."""

    operation: str
    request_id: str
    time: str
    shown: str = ""


@dataclass
class Question:
    """A question: its number, its text, and what follows from each answer."""

    number: str
    title: str
    if_yes: str
    if_no: str

    def yes(self, reason, *evidence):
        """The answer yes."""
        return Answer(self, YES, reason, list(evidence))

    def no(self, reason, *evidence):
        """The answer no."""
        return Answer(self, NO, reason, list(evidence))

    def decided(self, is_yes, reason, *evidence):
        """The answer yes or no."""
        return (self.yes if is_yes else self.no)(reason, *evidence)

    def undetermined(self, reason, *evidence):
        """No answer, and why not."""
        return Answer(self, UNDETERMINED, reason, list(evidence))

    def not_asked(self, reason):
        """No answer, because something was not given."""
        return Answer(self, NOT_ASKED, reason)


@dataclass
class Answer:
    """The answer to a question."""

    question: Question
    answer: str
    reason: str
    evidence: list = field(default_factory=list)

    @property
    def follows(self):
        """What follows from the answer."""
        by_answer = {YES: self.question.if_yes, NO: self.question.if_no}
        return by_answer.get(self.answer, "the question stays open")

    def as_json(self, is_simulated):
        """The answer in the form of the JSON report."""
        return {
            "question": self.question.number,
            "title": self.question.title,
            "answer": self.answer,
            "simulated": is_simulated,
            "reason": self.reason,
            "evidence": [asdict(one) for one in self.evidence],
            "follows": self.follows,
        }
