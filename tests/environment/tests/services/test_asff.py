import copy

import pytest

from services.security_hub import asff

ACCOUNT, REGION = "111122223333", "us-east-1"
FINDING = {
    "SchemaVersion": "2018-10-08",
    "Id": "id",
    "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
    "GeneratorId": "generator",
    "AwsAccountId": ACCOUNT,
    "CreatedAt": "2026-01-01T00:00:00Z",
    "UpdatedAt": "2026-01-01T00:00:00.123Z",
    "Title": "title",
    "Description": "description",
    "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{ACCOUNT}"}],
    "FindingProviderFields": {
        "Severity": {"Label": "LOW"},
        "Types": ["Software and Configuration Checks"],
    },
    "ProductFields": {"Name": "value"},
}


def check(finding):
    asff.check(finding, ACCOUNT, REGION, "aws")


def changed(path, value):
    """The finding with a member set, or removed if the value is ``None``."""
    finding = copy.deepcopy(FINDING)
    at = finding
    *parents, last = path
    for step in parents:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return finding


def test_finding_is_accepted():
    check(FINDING)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Title",), "t" * 256),
        (("Description",), "d" * 1024),
        (("Resources",), FINDING["Resources"] * 32),
        (("ProductFields",), {f"k{n}": "v" for n in range(50)}),
        (("UpdatedAt",), "2026-01-01T00:00:00+0100"),
        (("FindingProviderFields", "Types"), ["Effects/Data Exposure/Public"]),
    ],
)
def test_limit_itself_is_accepted(path, value):
    check(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("Title",), None, "Title is required"),
        (("Title",), "t" * 257, "more than 256"),
        (("Title",), " ", "empty string"),
        (("Title",), 1, "wrong type"),
        (("Description",), "d" * 1025, "more than 1024"),
        (("Id",), "i" * 513, "more than 512"),
        (("Surprise",), "x", "is not a field of ASFF"),
        (("Resources",), [], "is empty"),
        (("Resources",), FINDING["Resources"] * 33, "from 1 to 32"),
        (("ProductFields",), {f"k{n}": "v" for n in range(51)}, "from 1 to 50"),
        (("ProductFields",), {"aws/x": "v"}, "reserved"),
        (("ProductFields",), {"k" * 129: "v"}, "at most 128"),
        (("ProductFields",), {"k": "v" * 2049}, "2048"),
        (("SchemaVersion",), "1", "must be 2018-10-08"),
        (("AwsAccountId",), "444455556666", "the account of the caller"),
        (("ProductArn",), "arn:aws:securityhub:eu-west-1:1:product/1/default", "ProductArn"),
        (("CreatedAt",), "2026-01-01", "ISO 8601"),
        (("CreatedAt",), "2026-13-01T00:00:00Z", "ISO 8601"),
        (("FindingProviderFields", "Severity"), {"Original": "1"}, "Label is required"),
        (("FindingProviderFields", "Severity"), {"Label": "WORSE"}, "must be one of"),
        (("FindingProviderFields", "Types"), ["Whatever"], "namespace"),
        (("FindingProviderFields", "Types"), ["Effects/a/b/c"], "namespace"),
    ],
)
def test_problem_is_found(path, value, problem):
    with pytest.raises(asff.Invalid, match=problem):
        check(changed(path, value))


def test_size_is_limited():
    text = "x" * 2000
    finding = changed(("ProductFields",), {f"k{n}": text for n in range(50)})
    finding["Resources"] = [
        {"Type": "Other", "Id": f"r{n}", "Details": {"Other": {"k": "x" * 5000}}} for n in range(32)
    ]
    with pytest.raises(asff.Invalid, match="larger than 240 KB"):
        check(finding)


@pytest.mark.parametrize("value", [None, "", "2026-01-01T00:00:00", "yesterday"])
def test_no_moment(value):
    assert asff.moment(value) is None
