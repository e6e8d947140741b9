"""Each patch has a test, and the tests run against moto without patches."""

import pathlib

import pytest

import patches
from patches import registry

FOLDER = pathlib.Path(__file__).parent


@pytest.mark.parametrize("name", patches.modules())
def test_patch_has_a_test_that_fails_when_it_is_not_needed(name):
    text = (FOLDER / f"test_{name}.py").read_text()
    assert "def test_moto_" in text
    assert "unpatched" in text


@pytest.mark.parametrize("name", patches.modules())
def test_patch_says_what_moto_does_and_what_aws_does(name):
    text = (FOLDER.parents[1] / "patches" / f"{name}.py").read_text()
    for part in ("moto: ", "AWS: ", "Source: "):
        assert f"\n{part}" in text


def test_each_test_has_its_patch():
    tested = {path.stem.removeprefix("test_") for path in FOLDER.glob("test_*.py")}
    assert tested - {"all"} == set(patches.modules())


def test_undone_patches_come_back(whole):
    def members():
        return [
            patch.mapping[patch.key]
            if isinstance(patch, registry.Entry)
            else patch.owner.__dict__.get(patch.name)
            for patch in registry.PATCHES
        ]

    applied = members()
    with registry.undone():
        assert members() == [
            None if patch.original is registry.MISSING else patch.original
            for patch in registry.PATCHES
        ]
    assert members() == applied
