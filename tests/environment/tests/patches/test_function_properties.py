import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends

from example_templates import ROLE, function, template
from stack_steps import change

CASES = [
    ({"Timeout": 901}, "Timeout is from 1 to 900 seconds"),
    ({"MemorySize": 127}, "MemorySize is from 128 to 10240 MB"),
    ({"Description": "d" * 257}, "Description has at most 256 characters"),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "AWS_REGION is reserved"),
    ({"Environment": {"Variables": {"NAME": "v" * 4096}}}, "more than 4 KB"),
]


def test_moto_ignores_the_architecture(unpatched):
    text = template({"Role": ROLE, "Function": function(Architectures=["arm64"])})
    unpatched.client("cloudformation").create_stack(StackName="stack", TemplateBody=text)
    found = unpatched.client("lambda").get_function(FunctionName="made")["Configuration"]
    assert found["Architectures"] == ["x86_64"]


# As in the deployed templates: the value of a parameter arrives as text.
RESERVED = template(
    {"Role": ROLE, "Function": function(ReservedConcurrentExecutions={"Ref": "Reserved"})},
    Parameters={"Reserved": {"Type": "String", "Default": "5"}},
)


def reserved(session):
    """The value on the server: clients of boto3 read a text as a number."""
    return lambda_backends[session.id]["us-east-1"].get_function("made").reserved_concurrency


def test_moto_keeps_the_text_of_a_reserved_concurrency(unpatched):
    unpatched.client("cloudformation").create_stack(StackName="stack", TemplateBody=RESERVED)
    assert reserved(unpatched) == "5"


def test_patched_reserved_concurrency_is_a_number(account):
    assert change(account.client("cloudformation"), RESERVED)["StackStatus"] == "CREATE_COMPLETE"
    assert reserved(account) == 5


@pytest.mark.parametrize(("properties", "problem"), CASES)
def test_moto_ignores_the_limit(unpatched, properties, problem):
    text = template({"Role": ROLE, "Function": function(**properties)})
    unpatched.client("cloudformation").create_stack(StackName="stack", TemplateBody=text)
    assert unpatched.client("lambda").get_function(FunctionName="made")["Configuration"]


def test_patched_function_has_its_architecture(account):
    text = template({"Role": ROLE, "Function": function(Architectures=["arm64"])})
    assert change(account.client("cloudformation"), text)["StackStatus"] == "CREATE_COMPLETE"
    found = account.client("lambda").get_function(FunctionName="made")["Configuration"]
    assert found["Architectures"] == ["arm64"]


@pytest.mark.parametrize(("properties", "problem"), CASES)
def test_patched_limit_is_kept(account, properties, problem):
    client = account.client("cloudformation")
    text = template({"Role": ROLE, "Function": function(**properties)})
    assert change(client, text)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = client.describe_stack_events(StackName="stack")["StackEvents"]
    assert any(problem in one.get("ResourceStatusReason", "") for one in events)
    with pytest.raises(ClientError):
        account.client("lambda").get_function(FunctionName="made")
