"""Texts for people."""

import re

import pytest

from contracts import accounts, catalog, certificates, enrollment
from gateway import texts
from gateway.settings import host_and_port


@pytest.mark.parametrize("code", sorted(texts.REFUSALS))
def test_a_refusal_has_a_russian_and_an_english_sentence(code: str) -> None:
    when, russian, english = texts.REFUSALS[code]
    assert when.endswith(".") and not re.search(r"[а-яё]", when)
    assert re.search(r"[а-яё]", russian) and russian.endswith((".", "}}"))
    assert not re.search(r"[а-яё]", english) and english.endswith((".", "}}"))
    names = re.compile(r"(?<!{){(\w+)}(?!})")
    assert set(names.findall(russian)) == set(names.findall(english))


def test_a_fact_that_did_not_come_leaves_a_gap_not_an_error() -> None:
    assert "…" in texts.detail("age_not_fit", 422, {}, "ru")


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [
        ("2026-09-01", "01.09.2026", "2026-09-01"),
        ("2026-11-22T09:30:00+00:00", "22.11.2026 09:30 (UTC)", "2026-11-22 09:30 (UTC)"),
        ("2026-11-22T17:30:00+08:00", "22.11.2026 17:30 (UTC+08:00)", "2026-11-22 17:30 (UTC+08:00)"),
        ("2026-11-22T09:30:00.123456Z", "22.11.2026 09:30 (UTC)", "2026-11-22 09:30 (UTC)"),
        ("9 из 15", "9 из 15", "9 из 15"),
    ],
)
def test_dates_and_instants_are_shown_as_people_write_them(value: str, russian: str, english: str) -> None:
    assert russian in texts.detail("offer_expired", 422, {"expires_at": value}, "ru")
    assert english in texts.detail("offer_expired", 422, {"expires_at": value}, "en")


STATES = (*accounts.CLAIM_STATES, *certificates.STATES, *enrollment.STATUSES, *enrollment.CONTRACT_STATES)


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_named_in_the_reader_s_language(state: str) -> None:
    assert not re.search(r"[a-z]", texts.detail("certificate_state", 409, {"state": state}, "ru"))
    assert state in texts.detail("certificate_state", 409, {"state": state}, "en")


@pytest.mark.parametrize("limit", ["0", "1", "2", "5"])
def test_a_limit_of_clubs_is_said_in_words_that_fit_any_number(limit: str) -> None:
    for language, direction, said in (
        ("ru", "естественнонаучная", f"направленности — {limit}, а доплата"),
        ("en", "natural science", f"clubs at once is {limit}, and"),
    ):
        detail = texts.detail(
            "direction_limit_reached", 422, {"limit": limit, "direction": "natural_science"}, language
        )
        assert direction in detail
        assert said in detail
    assert f"(предел — {limit})" in texts.detail("clubs_limit_reached", 422, {"limit": limit}, "ru")


@pytest.mark.parametrize("direction", catalog.DIRECTIONS)
def test_a_direction_is_words_not_a_code(direction: str) -> None:
    facts = {"limit": "1", "direction": direction}
    assert not re.search(r"[a-z]", texts.detail("direction_limit_reached", 422, facts, "ru"))
    assert "_" not in texts.detail("direction_limit_reached", 422, facts, "en")


def test_an_unknown_code_gets_the_title_of_its_kind() -> None:
    assert texts.detail("never_heard_of", 409, {}, "en") == "Not possible now."


@pytest.mark.parametrize("value", ["8000", ":8000", "localhost", "localhost:", "localhost:0", "localhost:70000", "a:b"])
def test_an_address_without_host_or_port_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        host_and_port(value)


def test_an_address_is_kept() -> None:
    assert host_and_port("127.0.0.1:8000") == "127.0.0.1:8000"
