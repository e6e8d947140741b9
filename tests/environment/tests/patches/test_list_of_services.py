import moto.backends


def test_moto_lists_its_services_at_each_call(unpatched):
    assert moto.backends.list_of_moto_modules() is not moto.backends.list_of_moto_modules()


def test_patched_list_is_the_same(account):
    assert moto.backends.list_of_moto_modules() is moto.backends.list_of_moto_modules()
    assert "cloudtrail" in moto.backends.list_of_moto_modules()
