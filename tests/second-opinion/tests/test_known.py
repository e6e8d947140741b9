import tomllib
from pathlib import Path

import second_opinion
from opinion.compare import Difference, compare
from opinion.report import SIDES, report

TEXT = (Path(second_opinion.HERE) / "known.toml").read_text()


def test_each_known_difference_has_a_side_and_a_reason():
    entries = tomllib.loads(TEXT)["difference"]
    assert len({entry["key"] for entry in entries}) == len(entries)
    for entry in entries:
        assert entry["side"] in SIDES
        assert len(entry["reason"].split()) >= 4, entry


def test_no_pattern_matches_everything():
    for one in second_opinion.known_differences():
        assert not one.matches(Difference("result scan verdict 9.9", "a", "b")), one.key


def test_the_report_lists_what_has_no_reason():
    found = compare([], [], {"scan exit code": "0"}, {"scan exit code": "2"})
    text = report(found, [], ["one 1", "two 2"], ["plumbline scan"])
    assert "| `result scan exit code` | 0 | 2 |" in text
    assert "| differences without a reason | 1 |" in text


def test_a_command_of_the_report_ran_against_both():
    ours = ["plumbline scan", "plumbline deploy", "plumbline scan", "plumbline destroy"]
    assert second_opinion.ran(ours, ["plumbline scan", "plumbline destroy"]) == [
        "plumbline scan",
        "plumbline destroy",
    ]


def test_no_pattern_matches_all_members_of_a_phase_or_service():
    for name in ("member ec2:DescribeVpcs Vpcs", "member s3:GetBucketAcl Owner.ID"):
        for one in second_opinion.known_differences():
            assert not one.matches(Difference(name, "present", "absent")), one.key
