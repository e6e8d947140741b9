"""The check of answers finds what is wrong with them."""

import json

import botocore.session
import pytest

from strictaws import cbor
from strictaws.answers import Answers, problems_of
from strictaws.wire import Response


class Call:
    """What the check needs of a call."""

    method = "POST"

    def __init__(self, protocol, api, operation):
        self.protocol, self.api, self.operation = protocol, api, operation


RULES = Call("json", "config", "DescribeConfigRules")
HUB = Call("rest-json", "securityhub", "DescribeHub")
ANALYZERS = Call("rest-json", "accessanalyzer", "ListAnalyzers")
USERS = Call("query", "iam", "ListUsers")
VPCS = Call("ec2", "ec2", "DescribeVpcs")
BUCKETS = Call("rest-xml", "s3", "ListBuckets")
ALARMS = Call("smithy-rpc-v2-cbor", "cloudwatch", "DescribeAlarms")

SOURCE = {"Owner": "AWS", "SourceIdentifier": "X"}
USER = (
    "<Path>/</Path><UserName>a</UserName><UserId>AIDA</UserId><Arn>arn:aws:iam::1:user/a</Arn>"
    "<CreateDate>2026-01-01T00:00:00Z</CreateDate>"
)
ANALYZER = {
    "arn": "arn",
    "name": "a",
    "type": "ACCOUNT",
    "createdAt": "2026-01-01T00:00:00Z",
    "status": "ACTIVE",
}


def of_json(value):
    return Response(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


def of_cbor(value):
    return Response(200, {"smithy-protocol": "rpc-v2-cbor"}, cbor.encode(value))


def of_users(text):
    body = (
        '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>'
        f"{text}</ListUsersResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        "</ListUsersResponse>"
    )
    return Response(200, {}, body.encode())


def of_vpcs(text):
    body = f"<DescribeVpcsResponse><requestId>1</requestId>{text}</DescribeVpcsResponse>"
    return Response(200, {}, body.encode())


def of_buckets(text):
    body = f"<ListAllMyBucketsResult>{text}</ListAllMyBucketsResult>"
    return Response(200, {}, body.encode())


def member(text):
    return f"<Users><member>{text}</member></Users><IsTruncated>false</IsTruncated>"


OBJECT = Call("rest-xml", "s3", "GetObject")
RIGHT = [
    (OBJECT, Response(200, {"ETag": '"a"'}, b"\x82 is no text")),
    (RULES, of_json({"ConfigRules": [{"Source": SOURCE}]})),
    (RULES, of_json({"ConfigRules": None})),
    (HUB, of_json({"HubArn": "arn", "AutoEnableControls": True})),
    (ANALYZERS, of_json({"analyzers": [ANALYZER]})),
    (USERS, of_users(member(USER))),
    (VPCS, of_vpcs("<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>")),
    (BUCKETS, of_buckets("<Buckets><Bucket><Name>a</Name></Bucket></Buckets>")),
    (ALARMS, of_cbor({"MetricAlarms": [{"Period": 60, "Threshold": 1.0}]})),
]
WRONG = [
    (RULES, of_json({"ConfigRules": [{"Source": SOURCE, "Extra": 1}]}), "ConfigRules[].Extra"),
    (RULES, of_json({"ConfigRules": [{}]}), "ConfigRules[].Source"),
    (RULES, of_json({"ConfigRules": {}}), "ConfigRules"),
    (RULES, of_json({"ConfigRules": [{"Source": {"Owner": "ME"}}]}), "ConfigRules[].Source.Owner"),
    (RULES, of_json({"configRules": []}), "configRules"),
    (RULES, Response(200, {}, b"{"), "$"),
    (HUB, of_json({"AutoEnableControls": "true"}), "AutoEnableControls"),
    (ANALYZERS, of_json({}), "analyzers"),
    (ANALYZERS, of_json({"analyzers": [{**ANALYZER, "createdAt": 1}]}), "analyzers[].createdAt"),
    (USERS, of_users(member(USER + "<Age>3</Age>")), "Users[].Age"),
    (USERS, of_users(member(USER.replace("CreateDate", "Created"))), "Users[].CreateDate"),
    (USERS, of_users(member(USER.replace("T00:00:00Z", ""))), "Users[].CreateDate"),
    (USERS, of_users("<Users><item/></Users>"), "Users[]"),
    (USERS, of_users("<IsTruncated>no</IsTruncated>"), "IsTruncated"),
    (VPCS, of_vpcs("<vpcSet><item><VpcId>vpc-1</VpcId></item></vpcSet>"), "Vpcs[].VpcId"),
    (BUCKETS, of_buckets("<Buckets><Bucket><Size>a</Size></Bucket></Buckets>"), "Buckets[].Size"),
    (ALARMS, of_cbor({"MetricAlarms": [{"Period": "60"}]}), "MetricAlarms[].Period"),
    (RULES, Response(400, {}, b"{}"), "$"),
]


@pytest.mark.parametrize(("call", "answer"), RIGHT)
def test_right_answer_has_no_problem(call, answer):
    assert problems_of(call, answer) == []


@pytest.mark.parametrize(("call", "answer", "path"), WRONG)
def test_wrong_answer_is_found(call, answer, path):
    assert path in [found for found, _ in problems_of(call, answer)]


def test_known_difference_is_not_reported():
    known = {"config:DescribeConfigRules ConfigRules[].Extra": "why", "unused": "why"}
    answers = Answers(known)
    wrong = of_json({"ConfigRules": [{"Source": SOURCE, "Extra": 1}]})
    assert answers.check(RULES, wrong) == []
    assert answers.report() == {
        "checked": 1,
        "violations": [],
        "unused_differences": ["unused"],
    }


def test_wrong_answer_becomes_an_error_and_is_remembered(whole, account, monkeypatch):
    answers = Answers()
    monkeypatch.setattr(whole, "answers", answers)
    monkeypatch.setitem(
        whole._handlers,
        ("config", "DescribeConfigRules"),
        lambda call, forward: of_json({"Rules": []}),
    )
    try:
        with pytest.raises(Exception, match="TestEnvironmentFailure.*Rules: not a member"):
            account.client("config").describe_config_rules()
        report = account.control("answers", "GET")
        assert report["violations"] == ["config:DescribeConfigRules Rules: not a member (1 times)"]
    finally:
        answers.found.clear()


def test_protocols_are_known_to_botocore():
    session = botocore.session.get_session()
    for call, _ in RIGHT:
        service = session.get_service_model(call.api)
        assert call.operation in service.operation_names
