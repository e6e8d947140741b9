import json

import pytest
from botocore.exceptions import ClientError

from organizations import Organization

MEMBER = "plumbline-member"


@pytest.fixture
def organization(new_account):
    """An organization; the first member is the central account."""
    return Organization(new_account)


def arn(account, name):
    return f"arn:aws:iam::{account.id}:role/{name}"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def create(account, name, principal=None, condition=None, own=None):
    """A role that trusts a principal under a condition, and has a policy of its own."""
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        trust["Condition"] = condition
    iam = account.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust) if principal else "{}")
    if own:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(own))


def root(account):
    return {"AWS": f"arn:aws:iam::{account.id}:root"}


def may_assume(**more):
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", **more}


def session(account, role):
    """An account that acts as a role."""
    made = account.control("sts/session", role=role)
    return type(account)(account.application, account.id, made["access_key_id"])


def refusal(caller, account, name=MEMBER, **more):
    """Why a role cannot be assumed, or None."""
    try:
        caller.client("sts").assume_role(RoleArn=arn(account, name), RoleSessionName="test", **more)
    except ClientError as refused:
        assert refused.response["Error"]["Code"] == "AccessDenied"
        return refused.response["Error"]["Message"].partition(f"role/{name}")[2].strip()
    return None


def test_session_acts_as_its_role(account):
    create(account, "central", own=may_assume())
    identity = session(account, "central").client("sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{account.id}:assumed-role/central/test"
    assert identity["Account"] == account.id


@pytest.mark.parametrize(
    ("operator", "pattern", "central", "other"),
    [
        ("ArnEquals", "role/central", None, ""),
        ("ArnLike", "role/cent*", None, ""),
        ("ArnLike", "role/*", None, None),
        ("ArnNotLike", "role/central", "", None),
    ],
)
def test_trust_is_by_role(organization, operator, pattern, central, other):
    owner, member = organization.members
    condition = {operator: {"aws:PrincipalArn": f"arn:aws:iam::{owner.id}:{pattern}"}}
    create(member, MEMBER, root(owner), condition)
    for name in ("central", "other"):
        create(owner, name, own=may_assume())
    assert refusal(session(owner, "central"), member) == central
    assert refusal(session(owner, "other"), member) == other


def test_trust_is_by_organization_and_external_id(organization, new_account):
    owner, member = organization.members
    condition = {
        "StringEquals": {"aws:PrincipalOrgID": organization.id, "sts:ExternalId": "secret"}
    }
    create(member, MEMBER, root(owner), condition)
    assert refusal(owner, member, ExternalId="secret") is None
    assert refusal(owner, member, ExternalId="other") == refusal(owner, member) == ""
    client = organization.client
    client.remove_account_from_organization(AccountId=owner.id)
    assert refusal(owner, member, ExternalId="secret") == ""
    assert refusal(new_account(), member, ExternalId="secret") == ""


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (may_assume(), None),
        (may_assume(Resource="arn:aws:iam::*:role/plumbline-member"), None),
        (
            may_assume(Resource="arn:aws:iam::*:role/other"),
            "because no identity-based policy allows the sts:AssumeRole action",
        ),
        (
            may_assume(Effect="Deny"),
            "with an explicit deny in an identity-based policy",
        ),
        (None, "because no identity-based policy allows the sts:AssumeRole action"),
    ],
)
def test_own_policy_of_a_role_decides_too(organization, own, expected):
    owner, member = organization.members
    create(member, MEMBER, root(owner))
    create(owner, "central", own=own)
    assert refusal(session(owner, "central"), member) == expected


def test_managed_policy_leads_into_the_organization_only(organization, new_account):
    owner, member = organization.members
    stranger = new_account()
    create(owner, "central")
    statement = may_assume(
        Condition={"StringEquals": {"aws:ResourceOrgID": organization.id}},
    )
    iam = owner.client("iam")
    made = iam.create_policy(PolicyName="central", PolicyDocument=document(statement))
    iam.attach_role_policy(RoleName="central", PolicyArn=made["Policy"]["Arn"])
    for account in (member, stranger):
        create(account, MEMBER, root(owner))
    assert refusal(session(owner, "central"), member) is None
    assert "no identity-based policy" in refusal(session(owner, "central"), stranger)
    iam.detach_role_policy(RoleName="central", PolicyArn=made["Policy"]["Arn"])
    assert "no identity-based policy" in refusal(session(owner, "central"), member)


def test_role_of_the_same_account_that_is_named_needs_no_policy(account):
    create(account, "central")
    create(account, "named", {"AWS": arn(account, "central")})
    create(account, "open", root(account))
    caller = session(account, "central")
    assert refusal(caller, account, "named") is None
    assert "no identity-based policy" in refusal(caller, account, "open")


def test_role_has_to_exist(account):
    assert refusal(account, account, "none") == ""
    with pytest.raises(AssertionError, match="has no role none"):
        account.control("sts/session", role="none")
