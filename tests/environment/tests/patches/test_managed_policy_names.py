import json

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def policy(account):
    iam = account.client("iam")
    iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(DOCUMENT))
    return iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"][0]


def test_moto_leaves_id_or_name_out(unpatched):
    found = policy(unpatched)
    assert not (found.get("PolicyId") and found.get("PolicyName"))


def test_patched_policy_has_both(account):
    found = policy(account)
    assert found["PolicyId"].startswith("A")
    assert found["PolicyName"] == "own"
