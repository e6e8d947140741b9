from organizations import Organization
from patches.organization_pages import PAGE


def test_moto_has_large_pages(unpatched):
    client = unpatched.client("organizations")
    client.create_organization(FeatureSet="ALL")
    for name in ("a", "b"):
        client.create_account(AccountName=name, Email=f"{name}@example.com")
    assert "NextToken" not in client.list_accounts()


def test_patched_pages_are_small_and_complete(new_account):
    made = Organization(new_account)
    first = made.client.list_accounts()
    assert len(first["Accounts"]) == PAGE
    second = made.client.list_accounts(NextToken=first["NextToken"])
    found = {one["Id"] for one in (*first["Accounts"], *second["Accounts"])}
    assert found == {made.management.id, *(one.id for one in made.members)}
