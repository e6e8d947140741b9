import pytest

from access.policies import Request, decision

ROLE = ("AWS", "arn:aws:iam::111122223333:role/plumbline-central")
ACCOUNT = ("AWS", "arn:aws:iam::111122223333:root")


def request(action="s3:GetObject", resource="arn:aws:s3:::b/accounts/1.json", **context):
    return Request(action, resource, (ROLE, ACCOUNT), context)


def allow(**more):
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("statement", "asked", "expected"),
    [
        (allow(), {}, "Allow"),
        (allow(Action="s3:getobject"), {}, "Allow"),
        (allow(Action=["s3:Put*", "s3:Get?b*t"]), {}, "Allow"),
        (allow(Action="s3:Put*"), {}, None),
        (allow(Effect="Deny"), {}, "Deny"),
        (allow(Resource="arn:aws:s3:::b/accounts/*"), {}, "Allow"),
        (allow(Resource="arn:aws:s3:::b/other/*"), {}, None),
        (allow(Resource="arn:aws:s3:::b/accounts/[1].json"), {}, None),
        ({"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*"}, {}, "Deny"),
        ({"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"}, {}, None),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"}, {}, None),
        (allow(Principal="*"), {}, "Allow"),
        (allow(Principal={"AWS": "*"}), {}, "Allow"),
        (allow(Principal={"AWS": ["x", ACCOUNT[1]]}), {}, "Allow"),
        (allow(Principal={"AWS": "arn:aws:iam::999988887777:root"}), {}, None),
        (allow(Principal={"Service": "config.amazonaws.com"}), {}, None),
        (allow(NotPrincipal={"AWS": ACCOUNT[1]}), {}, None),
        (allow(NotPrincipal={"AWS": "arn:aws:iam::999988887777:root"}), {}, "Allow"),
    ],
)
def test_statement_applies(statement, asked, expected):
    assert decision([statement], request(**asked)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"AWS:PrincipalOrgId": ["o-2", "o-1"]}}, "Allow"),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-2"}}, None),
        ({"StringEquals": {"aws:SourceOrgID": "o-1"}}, None),
        ({"StringEqualsIfExists": {"aws:SourceOrgID": "o-1"}}, "Allow"),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1"}}, "Allow"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, None),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, "Allow"),
        ({"StringLike": {"aws:PrincipalOrgID": "o-${*}"}}, None),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/plumbline-*"}}, "Allow"),
        ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}}, None),
        ({"ArnLike": {"aws:PrincipalArn": "arn:*"}}, None),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/plumbline-*"}}, None),
        ({"Bool": {"aws:SecureTransport": "false"}}, None),
        ({"Null": {"aws:SourceOrgID": "true"}}, "Allow"),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, None),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "Allow"),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, None),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, "Allow"),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, None),
        ({"Null": {"aws:PrincipalOrgID": "true"}}, None),
        (
            {
                "StringEquals": {"aws:PrincipalOrgID": "o-1"},
                "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"},
            },
            None,
        ),
    ],
)
def test_conditions_decide(condition, expected):
    context = {"aws:PrincipalOrgID": "o-1", "aws:PrincipalArn": ROLE[1]}
    asked = Request("s3:GetObject", "arn:aws:s3:::b/k", (ROLE,), context)
    assert decision([allow(Condition=condition)], asked) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:s3:::b/accounts/${aws:PrincipalAccount}.json", "Allow"),
        ("arn:aws:s3:::b/accounts/${aws:principalaccount}.json", "Allow"),
        ("arn:aws:s3:::b/accounts/${aws:SourceAccount}.json", None),
        ("arn:aws:s3:::b/accounts/${aws:SourceAccount, '1'}.json", "Allow"),
    ],
)
def test_variables_are_filled_in(resource, expected):
    asked = request(**{"aws:PrincipalAccount": "1"})
    assert decision([allow(Resource=resource)], asked) == expected


def test_deny_comes_before_allow():
    assert decision([allow(), allow(Effect="Deny", Action="s3:Get*")], request()) == "Deny"


def test_unknown_condition_is_an_error():
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    with pytest.raises(NotImplementedError):
        decision([allow(Condition=condition)], request(**{"aws:SourceIp": "10.0.0.1"}))
