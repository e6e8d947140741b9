from moto.awslambda.models import get_backend

from packs import FUNCTION, allow


def codes(account):
    allow(account)
    allow(account, region="eu-west-1")
    backends = [get_backend(account.id, region) for region in ("us-east-1", "eu-west-1")]
    return [backend.get_function(FUNCTION).code_bytes for backend in backends]


def test_moto_has_the_code_twice(unpatched):
    one, two = codes(unpatched)
    assert one == two
    assert one is not two


def test_patched_functions_share_it(account):
    one, two = codes(account)
    assert one is two
    assert one == b"code"
