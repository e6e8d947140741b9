"""Compares two runs: results, operations, how calls ended, and members of responses."""

from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Difference:
    """What differs, under a key that the list of known differences can match."""

    key: str
    #: What the test environment and the other emulator have.
    ours: str
    theirs: str


@dataclass(frozen=True)
class Known:
    """A known difference: a pattern of keys, whose behavior differs from AWS, and the reason."""

    key: str
    #: `fakecloud`, `environment`, or `neither` if both are possible in AWS.
    side: str
    reason: str

    def matches(self, difference):
        """Whether the pattern matches the key of the difference."""
        return fnmatchcase(difference.key, self.key)


@dataclass(frozen=True)
class Comparison:
    """The operations of both runs, what agrees, and what differs."""

    operations: tuple
    #: Operations with the same outcomes in all phases.
    same_outcomes: tuple
    same_results: tuple
    same_members: int
    differences: tuple

    def sorted_by(self, known):
        """Return pairs of known differences and what they match; what is unknown; what is unused.

        The first pattern that matches a difference is used.
        """
        groups = {one: [] for one in known}
        unknown = []
        for difference in self.differences:
            found = next((one for one in known if one.matches(difference)), None)
            (unknown if found is None else groups[found]).append(difference)
        used = [(one, matched) for one, matched in groups.items() if matched]
        return used, unknown, [one for one, matched in groups.items() if not matched]


def compare(ours, theirs, our_results, their_results):
    """Compare the calls and the results of two runs."""
    differences = list(_results(our_results, their_results))
    outcomes = _outcomes(ours), _outcomes(theirs)
    unequal = set()
    for place in sorted({*outcomes[0], *outcomes[1]}):
        phase, operation = place
        found = [sorted(side.get(place, ())) for side in outcomes]
        if found[0] == found[1]:
            continue
        unequal.add(operation)
        kind = "outcome" if all(found) else "called"
        texts = [", ".join(one) or "not called" for one in found]
        differences.append(Difference(f"{kind} {phase} {operation}", *texts))
    same, missing = _members(ours, theirs)
    differences.extend(missing)
    differences.extend(_problems(ours, theirs))
    operations = sorted({call.name for call in (*ours, *theirs)})
    return Comparison(
        operations=tuple(operations),
        same_outcomes=tuple(name for name in operations if name not in unequal),
        same_results=tuple(
            name for name, value in our_results.items() if their_results.get(name) == value
        ),
        same_members=same,
        differences=tuple(differences),
    )


def _results(ours, theirs):
    for name in dict.fromkeys((*ours, *theirs)):
        values = ours.get(name, "none"), theirs.get(name, "none")
        if values[0] != values[1]:
            yield Difference(f"result {name}", *values)


def _outcomes(calls):
    found = defaultdict(set)
    for call in calls:
        found[call.phase, call.name].add(call.outcome)
    return found


def _members_by_operation(calls):
    found = defaultdict(set)
    for call in calls:
        if call.status < 300:
            found[call.name].update(call.members)
    return found


def _members(ours, theirs):
    """Return the number of members of both, and the differences.

    Only members whose parent both have are compared: an empty list has no items.
    """
    found = _members_by_operation(ours), _members_by_operation(theirs)
    same, differences = 0, []
    for operation in sorted({*found[0]} & {*found[1]}):
        left, right = found[0][operation], found[1][operation]
        same += len(left & right)
        for path in sorted(left ^ right):
            parent = path.rpartition(".")[0].rstrip("[]{}")
            if parent and not (parent in left and parent in right):
                continue
            texts = ["present" if path in side else "absent" for side in (left, right)]
            differences.append(Difference(f"member {operation} {path}", *texts))
    return same, differences


def _problems(ours, theirs):
    found = defaultdict(lambda: ["in the model", "in the model"])
    for side, calls in enumerate((ours, theirs)):
        for call in calls:
            for path, problem in call.problems:
                found[f"model {call.name} {path}"][side] = problem
    return [Difference(key, *texts) for key, texts in sorted(found.items())]
