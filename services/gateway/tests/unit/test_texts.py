"""Texts for people."""

import re

import pytest

from gateway import texts
from gateway.settings import host_and_port


@pytest.mark.parametrize("code", sorted(texts.REFUSALS))
def test_a_refusal_has_a_russian_and_an_english_sentence(code: str) -> None:
    russian, english = texts.REFUSALS[code]
    assert re.search(r"[а-яё]", russian) and russian.endswith((".", "}}"))
    assert not re.search(r"[а-яё]", english) and english.endswith((".", "}}"))
    names = re.compile(r"(?<!{){(\w+)}(?!})")
    assert set(names.findall(russian)) == set(names.findall(english))


def test_a_fact_that_did_not_come_leaves_a_gap_not_an_error() -> None:
    assert "…" in texts.detail("age_not_fit", 422, {}, "ru")


def test_an_unknown_code_gets_the_title_of_its_kind() -> None:
    assert texts.detail("never_heard_of", 409, {}, "en") == "Not possible now."


@pytest.mark.parametrize("value", ["8000", ":8000", "localhost", "localhost:", "localhost:0", "localhost:70000", "a:b"])
def test_an_address_without_host_or_port_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        host_and_port(value)


def test_an_address_is_kept() -> None:
    assert host_and_port("127.0.0.1:8000") == "127.0.0.1:8000"
