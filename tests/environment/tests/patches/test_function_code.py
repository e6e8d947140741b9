from moto.awslambda import models
from moto.awslambda.models import get_backend
from moto.s3.models import s3_backends

from packs import FUNCTION, allow


def codes(account):
    allow(account)
    allow(account, region="eu-west-1")
    backends = [get_backend(account.id, region) for region in ("us-east-1", "eu-west-1")]
    return [backend.get_function(FUNCTION).code_bytes for backend in backends]


def contents(account, second):
    """The code of an object, twice, with other content in between or not."""
    client, name = account.client("s3"), f"code-{account.id}"
    client.create_bucket(Bucket=name)
    found = []
    for content in (b"code", second):
        if content is not None:
            client.put_object(Bucket=name, Key="a.zip", Body=content)
        found.append(models._s3_content(s3_backends[account.id]["aws"].get_object(name, "a.zip")))
    return found


def test_moto_has_the_code_twice(unpatched):
    one, two = codes(unpatched)
    assert one == two
    assert one is not two


def test_moto_computes_digests_twice(unpatched):
    one, two = contents(unpatched, None)
    assert one == two
    assert one is not two


def test_patched_functions_share_it(account):
    one, two = codes(account)
    assert one is two
    assert one == b"code"


def test_patched_digests_are_computed_once_for_each_content(account, new_account):
    one, two = contents(account, None)
    assert one is two
    one, two = contents(new_account(), b"next")
    assert (one[0], two[0]) == (b"code", b"next")
    assert one[2] != two[2]
