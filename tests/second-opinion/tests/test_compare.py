from opinion.calls import RecordedCall
from opinion.compare import Known, compare


def call(phase="scan", status=200, code="", members=(), problems=(), operation="ListUsers"):
    return RecordedCall(
        phase,
        "iam",
        operation,
        "us-east-1",
        status,
        code,
        members=frozenset(members),
        problems=tuple(problems),
    )


def keys(ours, theirs, our_results=None, their_results=None):
    found = compare(ours, theirs, our_results or {}, their_results or {})
    return [one.key for one in found.differences]


def test_equal_runs_have_no_difference():
    calls = [call(members=["Users", "Users[].UserName"])]
    found = compare(calls, calls, {"scan exit code": "0"}, {"scan exit code": "0"})
    assert found.differences == ()
    assert found.same_outcomes == ("iam:ListUsers",)
    assert (found.same_members, found.same_results) == (2, ("scan exit code",))


def test_an_error_in_one_run_is_a_difference_of_its_phase():
    ours = [call("plan"), call("scan")]
    theirs = [call("plan"), call("scan", 400, "ValidationError")]
    found = compare(ours, theirs, {}, {})
    assert [(one.key, one.ours, one.theirs) for one in found.differences] == [
        ("outcome scan iam:ListUsers", "200", "400 ValidationError")
    ]
    assert found.same_outcomes == ()


def test_an_operation_that_one_run_does_not_call_is_a_difference():
    assert keys([call()], []) == ["called scan iam:ListUsers"]
    assert keys([], [call()]) == ["called scan iam:ListUsers"]


def test_the_number_of_calls_is_no_difference():
    assert keys([call(), call()], [call()]) == []


def test_members_are_compared_where_both_have_their_parent():
    ours = [call(members=["Users", "Users[].Arn", "Users[].Tags", "Users[].Tags[].Key"])]
    theirs = [call(members=["Users", "Users[].Path"])]
    assert keys(ours, theirs) == [
        "member iam:ListUsers Users[].Arn",
        "member iam:ListUsers Users[].Path",
        "member iam:ListUsers Users[].Tags",
    ]
    assert keys(ours, [call(members=["IsTruncated"])]) == [
        "member iam:ListUsers IsTruncated",
        "member iam:ListUsers Users",
    ]


def test_members_of_failed_calls_are_not_compared():
    assert keys([call(members=["Users"])], [call(status=500, code="X")]) == [
        "outcome scan iam:ListUsers"
    ]


def test_what_contradicts_the_model_is_a_difference_even_in_both_runs():
    wrong = call(problems=[("Users[].Arn", "required, and not there")])
    assert keys([wrong], [wrong]) == ["model iam:ListUsers Users[].Arn"]


def test_results_of_one_run_only_are_differences():
    assert keys([], [], {"scan verdict 1.1": "COMPLIANT"}, {}) == ["result scan verdict 1.1"]
    assert keys([], [], {}, {"prepare error in network": "x"}) == [
        "result prepare error in network"
    ]


def test_known_differences_are_sorted_out_and_unused_ones_are_reported():
    found = compare([call()], [call(status=400, code="X")], {"a": "1"}, {"a": "2"})
    outcome = Known("outcome * iam:*", "fakecloud", "it rejects the call")
    unused = Known("member *", "fakecloud", "it has none")
    used, unknown, rest = found.sorted_by([outcome, unused])
    assert [(one, len(matched)) for one, matched in used] == [(outcome, 1)]
    assert [one.key for one in unknown] == ["result a"]
    assert rest == [unused]
