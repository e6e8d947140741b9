import pytest
import yaml
from moto.cloudformation.models import Stack

from example_templates import template, topic


@pytest.fixture
def parsed(monkeypatch):
    """The texts that are parsed."""
    texts, load = [], yaml.load
    monkeypatch.setattr(yaml, "load", lambda text, Loader: texts.append(text) or load(text, Loader))
    return texts


def test_moto_parses_at_each_call(unpatched, parsed):
    text = template({"Topic": topic("parsed by moto")})
    assert Stack.parse_template(text) == Stack.parse_template(text)
    assert len(parsed) == 2


def test_patched_template_is_parsed_once(account, parsed):
    text = template({"Topic": topic("parsed once")})
    first = Stack.parse_template(text)
    first["Resources"].clear()
    assert Stack.parse_template(text)["Resources"]["Topic"] == topic("parsed once")
    assert len(parsed) == 1
