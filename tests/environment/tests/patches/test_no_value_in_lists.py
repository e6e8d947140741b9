from moto.cloudformation import parsing

NAMES = {"AWS::NoValue": None}
LIST = ["a", {"Ref": "AWS::NoValue"}]


def test_moto_leaves_a_hole(unpatched):
    assert parsing.clean_json(LIST, NAMES) == ["a", None]


def test_patched_list_has_no_hole(account):
    assert parsing.clean_json(LIST, NAMES) == ["a"]
    assert parsing.clean_json({"Names": LIST}, NAMES) == {"Names": ["a"]}
