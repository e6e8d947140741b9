"""Errors in the shape of each protocol, as botocore reads them."""

import pytest
from botocore.exceptions import ClientError

from strictaws import wire

# One service and operation a protocol; the code and the status of a denied call.
PROTOCOLS = {
    "json": ("config", "describe_config_rules", {}, "AccessDeniedException", 400),
    "rest-json": ("securityhub", "describe_hub", {}, "AccessDeniedException", 403),
    "rest-xml": ("s3", "list_buckets", {}, "AccessDenied", 403),
    "query": ("iam", "list_users", {}, "AccessDenied", 403),
    "ec2": ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", 403),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_denied_call_is_an_error_in_its_protocol(account, protocol):
    service, operation, given, code, status = PROTOCOLS[protocol]
    account.control("faults", mode="denied")
    with pytest.raises(ClientError) as denied:
        getattr(account.client(service), operation)(**given)
    answer = denied.value.response
    assert answer["Error"]["Code"] == code
    assert answer["Error"]["Message"] == "You are not authorized to perform this operation."
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["RequestId"]


def test_message_is_escaped(account):
    account.control("faults", mode="code", code="A<B", message="<&>")
    with pytest.raises(ClientError) as refused:
        account.client("iam").list_users()
    assert refused.value.response["Error"]["Code"] == "A<B"
    assert refused.value.response["Error"]["Message"] == "<&>"


def test_head_has_no_body(account):
    account.control("faults", mode="denied")
    with pytest.raises(ClientError) as denied:
        account.client("s3").head_bucket(Bucket="bucket")
    assert denied.value.response["Error"]["Code"] == "403"


def test_cbor_is_answered_in_cbor(account):
    from strictaws import cbor

    head = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA{account.id}TEST/20260101/us-east-1/"
        "monitoring/aws4_request",
        "smithy-protocol": "rpc-v2-cbor",
        "Content-Type": "application/cbor",
    }
    url = "http://127.0.0.1/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    status, headers, body = account.request("POST", url, head, cbor.encode({}))
    assert (status, headers["smithy-protocol"]) == (200, "rpc-v2-cbor")
    assert cbor.decode(body) == {"MetricAlarms": [], "CompositeAlarms": []}
    account.control("faults", mode="throttled")
    status, _, body = account.request("POST", url, head, cbor.encode({}))
    assert status == 429
    assert cbor.decode(body)["__type"] == "ThrottlingException"


def test_unknown_operation_is_not_implemented(account):
    with pytest.raises(ClientError) as missing:
        account.client("macie2").list_findings()
    assert missing.value.response["Error"]["Code"] in ("NotImplemented", "AccessDeniedException")
    with pytest.raises(ClientError) as missing:
        account.client("cloudformation").list_stack_sets()
    assert missing.value.response["Error"]["Code"] == "NotImplemented"
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_refusal_has_members_and_headers():
    class Call:
        protocol, api, method, model = "rest-json", "securityhub", "GET", None

    problem = wire.AwsError("A", "b", 401, headers={"x-one": "1"}, members={"Two": "2"})
    answer = wire.refusal(Call, problem)
    assert (answer.status, answer.headers["x-one"]) == (401, "1")
    assert b'"Two": "2"' in answer.body
