import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError
from programs import function

ECHO = """
COUNT = [0]

def handle(event):
    COUNT[0] += 1
    if event.get("fail"):
        raise Failure("as asked")
    if event.get("exit"):
        sys.exit(3)
    time.sleep(event.get("sleep", 0))
    names = ("_HANDLER", "OWN", "MORE", "AWS_REGION", "AWS_ACCESS_KEY_ID")
    return {"count": COUNT[0], **{name: os.environ.get(name) for name in names}}
"""


@pytest.fixture
def echo(account):
    """An account with a function."""
    variables = {"Variables": {"OWN": "1"}}
    function(account, "echo", ECHO, Timeout=1, Environment=variables)
    return account


def invoke(account, **event):
    answer = account.client("lambda").invoke(FunctionName="echo", Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_program_runs_with_its_configuration_and_role(echo):
    error, answer = invoke(echo)
    assert error is None
    assert (answer["_HANDLER"], answer["OWN"], answer["AWS_REGION"]) == ("echo", "1", "us-east-1")
    acting = type(echo)(echo.application, echo.id, answer["AWS_ACCESS_KEY_ID"])
    identity = acting.client("sts").get_caller_identity()
    assert identity["Arn"].endswith(":assumed-role/function/echo")


def test_program_is_used_again_until_its_variables_change(echo):
    assert [invoke(echo)[1]["count"] for _ in range(2)] == [1, 2]
    echo.control("lambda/variables", variables={"MORE": "2"})
    assert invoke(echo)[1]["MORE"] == "2"
    assert invoke(echo)[1]["count"] == 2


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"fail": True}, "Failure"),
        ({"exit": True}, "Runtime.ExitError"),
        ({"sleep": 5}, "Sandbox.Timedout"),
    ],
)
def test_errors_are_answers(echo, event, kind):
    error, answer = invoke(echo, **event)
    assert (error, answer["errorType"]) == ("Unhandled", kind)
    assert invoke(echo)[0] is None, "the next invocation has a program again"


def test_code_without_a_program_is_an_error(account):
    function(account, "echo", ECHO)
    account.client("lambda").update_function_code(FunctionName="echo", ZipFile=b"no zip")
    error, answer = invoke(account)
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.InvalidEntrypoint")


def test_function_has_to_exist(account):
    with pytest.raises(ClientError) as refused:
        invoke(account)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_events_are_not_waited_for(echo):
    client = echo.client("lambda")
    answer = client.invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")
    assert answer["StatusCode"] == 202
    echo.control("work/settle")
    assert invoke(echo)[1]["count"] == 2


def test_functions_with_a_python_runtime_run(account):
    function(account, "echo", ECHO)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("module.py", "def handle(event, context):\n    return event['a'] + 1\n")
    client = account.client("lambda")
    client.create_function(
        FunctionName="python",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{account.id}:role/function",
        Handler="module.handle",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=20,
    )
    answer = client.invoke(FunctionName="python", Payload=b'{"a": 1}')
    assert json.loads(answer["Payload"].read()) == 2
    answer = client.invoke(FunctionName="python", Payload=b"{}")
    assert json.loads(answer["Payload"].read())["errorType"] == "KeyError"
