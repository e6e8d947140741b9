import moto.core.responses
from moto.sns.responses import SNSResponse


def names():
    return moto.core.responses.method_names_from_class(SNSResponse)


def test_moto_inspects_the_class_at_each_call(unpatched):
    assert names() is not names()


def test_patched_names_are_the_same(account):
    assert names() is names()
    assert "create_topic" in names()
