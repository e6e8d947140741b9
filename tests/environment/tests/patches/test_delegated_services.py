import pytest
from botocore.exceptions import ClientError

from deployment.organizations.members import ACCOUNTS, AGGREGATORS, STACK_SETS
from organizations import Organization


@pytest.mark.parametrize("service", [STACK_SETS, AGGREGATORS, ACCOUNTS])
def test_moto_refuses_the_service(unpatched, service):
    client = unpatched.client("organizations")
    client.create_organization(FeatureSet="ALL")
    made = client.create_account(AccountName="a", Email="a@example.com")
    client.enable_aws_service_access(ServicePrincipal=service)
    with pytest.raises(ClientError) as refused:
        client.register_delegated_administrator(
            AccountId=made["CreateAccountStatus"]["AccountId"], ServicePrincipal=service
        )
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


@pytest.mark.parametrize("service", [STACK_SETS, AGGREGATORS, ACCOUNTS])
def test_patched_service_has_administrators(new_account, service):
    made = Organization(new_account, names=("one",))
    made.delegate(made.members[0], service)
    found = made.client.list_delegated_administrators()["DelegatedAdministrators"]
    assert [one["Id"] for one in found] == [made.members[0].id]
