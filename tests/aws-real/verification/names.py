"""The names and tags of everything that a run creates."""

PREFIX = "plumbline-verify"
#: The key of the tag of everything that a run creates; its value is the run.
TAG = "plumbline-verify"

FUNCTION = f"{PREFIX}-probe"
#: A second function: without a permission at first, and it never sends results.
SECOND_FUNCTION = f"{PREFIX}-second"
FUNCTIONS = (FUNCTION, SECOND_FUNCTION)

FUNCTION_ROLE = f"{PREFIX}-function"
#: The role with which the run reads the member account.
READER_ROLE = f"{PREFIX}-reader"
#: The same, but only where ``aws:ResourceOrgID`` is the organization.
CONDITION_ROLE = f"{PREFIX}-condition"
ROLES = (FUNCTION_ROLE, READER_ROLE, CONDITION_ROLE)
#: The role in the member account.
MEMBER_ROLE = f"{PREFIX}-member"

#: Stacks of the deploying account. Each has one stack set of the same name.
MEMBER_STACK = f"{PREFIX}-member"
CONTROL_STACK = f"{PREFIX}-control"
UNIT_STACK = f"{PREFIX}-unit"
EXCLUDED_STACK = f"{PREFIX}-excluded"
#: In the order in which they are deleted.
STACKS = (CONTROL_STACK, EXCLUDED_STACK, UNIT_STACK, MEMBER_STACK)

#: Organization packs.
RESULTS_PACK = f"{PREFIX}-results"
REFERENCES_PACK = f"{PREFIX}-references"
RETRY_PACK = f"{PREFIX}-retry"
JOINING_PACK = f"{PREFIX}-joining"

#: Rules. AWS Config appends a suffix to the names of rules in packs.
RESULTS_RULE = f"{PREFIX}-results"
EMPTY_RULE = f"{PREFIX}-empty"
REFERENCES_RULE = f"{PREFIX}-references"
RETRY_RULE = f"{PREFIX}-retry"
JOINING_RULE = f"{PREFIX}-joining"
#: A rule outside of packs, whose results AWS Config forwards.
CONTROL_RULE = f"{PREFIX}-control"

#: Tags of the stack that precedes the move of the spare account.
MOVED, MOVED_FROM, MOVED_TO = f"{TAG}-moved", f"{TAG}-from", f"{TAG}-to"

#: The stack of ``plumbline deploy``, and the parameter by which a run recognizes its own.
PLUMBLINE_STACK = "plumbline"
BUCKET_PARAMETER = "CodeBucketPrefix"


def log_group(function):
    """The log group of a function."""
    return f"/aws/lambda/{function}"


def bucket_prefix(account):
    """The prefix of the buckets of ``plumbline deploy`` in an account."""
    return f"{PREFIX}-{account}"


def is_own(name):
    """Whether a name is one that a run gives."""
    return name.startswith(f"{PREFIX}-")
