import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from opinion.recorder import recording

LIST = b"""<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>
<IsTruncated>false</IsTruncated><Users><member><UserName>one</UserName></member></Users>
</ListUsersResult></ListUsersResponse>"""
ERROR = b"""<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>none</Message></Error>
</ErrorResponse>"""


@pytest.fixture
def iam(recorder):
    return client("iam", recorder)


@pytest.fixture
def recorder():
    received = []

    class Upstream(BaseHTTPRequestHandler):
        answers = {b"ListUsers": (200, LIST), b"GetUser": (404, ERROR)}

        def do_PUT(self):
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(200, b"")

        def do_HEAD(self):
            self.send_response(200)
            self.send_header("Content-Length", "12")
            self.end_headers()

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = next(one for name, one in self.answers.items() if name in body)
            self.answer(status, answer)

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with recording(f"http://127.0.0.1:{server.server_port}") as made:
        made.received = received
        yield made
    server.shutdown()
    server.server_close()


def client(service, recorder):
    return boto3.client(
        service,
        endpoint_url=recorder.endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIA111122223333TEST",
        aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def test_a_response_is_forwarded_and_its_members_are_recorded(recorder, iam):
    recorder.phase = "scan"
    assert iam.list_users()["Users"][0]["UserName"] == "one"
    (call,) = recorder.calls
    assert (call.phase, call.name, call.outcome) == ("scan", "iam:ListUsers", "200")
    assert call.members == {"IsTruncated", "Users", "Users[].UserName"}


def test_a_missing_required_member_contradicts_the_model(recorder, iam):
    iam.list_users()
    assert ("Users[].Arn", "required, and not there") in recorder.calls[0].problems


def test_an_error_is_forwarded_and_its_code_is_recorded(recorder, iam):
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_user(UserName="none")
    assert recorder.calls[0].outcome == "404 NoSuchEntity"
    assert recorder.calls[0].message == "none"


def test_the_body_of_a_request_and_the_length_of_a_head_are_forwarded(recorder):
    s3 = client("s3", recorder)
    s3.put_object(Bucket="bucket", Key="key", Body=b"content")
    assert b"content" in recorder.received[0]
    assert s3.head_object(Bucket="bucket", Key="key")["ContentLength"] == 12
    assert [call.name for call in recorder.calls] == ["s3:PutObject", "s3:HeadObject"]
