import base64
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.pages import decode_cursor, encode_cursor, identifier, instant, letters, question_mark, whole_number

QUESTION = question_mark("programmes", ("хор",), None, 7)
ID = "38000000-0000-4000-8000-000000000010"


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.uuids().map(str))
def test_a_cursor_gives_back_its_place(rank: int, programme_id: str) -> None:
    cursor = encode_cursor(QUESTION, [rank, programme_id])

    assert decode_cursor(QUESTION, cursor, whole_number, identifier) == [rank, programme_id]


def test_a_cursor_of_a_long_title_fits_into_its_field() -> None:
    assert len(encode_cursor(QUESTION, ["Ы" * 24, ID])) <= 200


def test_a_cursor_of_another_question_is_refused() -> None:
    cursor = encode_cursor(question_mark("programmes", ("бокс",), None, 7), [1, ID])
    with pytest.raises(InvalidInput) as refusal:
        decode_cursor(QUESTION, cursor, whole_number, identifier)
    assert refusal.value.code == "invalid_cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "…",
        "not base64!",
        forged("text"),
        forged(7),
        forged([]),
        forged([QUESTION]),
        forged([QUESTION, 1]),
        forged([QUESTION, 1, ID, ID]),
        forged([QUESTION, 1, "not an id"]),
        forged([QUESTION, "1", ID]),
        forged([QUESTION, True, ID]),
        forged([QUESTION, 2**63, ID]),
        forged([QUESTION, 1.5, ID]),
        "W" * 20_000,
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(QUESTION, cursor, whole_number, identifier)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "Ы" * 65, 5, None])
def test_a_forged_text_in_a_cursor_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(QUESTION, forged([QUESTION, text]), letters)


@pytest.mark.parametrize("text", ["г.\u00a0Придуманск", "две\nстроки"])
def test_whatever_a_column_holds_is_a_place(text: str) -> None:
    assert decode_cursor(QUESTION, encode_cursor(QUESTION, [text]), letters) == [text]


@pytest.mark.parametrize("text", ["2026-11-22T04:05:06.000007+00:00", "0001-01-01T00:00:00+00:00"])
def test_an_instant_in_utc_is_a_place(text: str) -> None:
    cursor = encode_cursor(QUESTION, [text])

    assert decode_cursor(QUESTION, cursor, instant) == [datetime.fromisoformat(text)]


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999-23:59",
        "2026-11-22T04:05:06+00:00:01.5",
        "2026-11-22T04:05:06",
        "yesterday",
        1795316759,
    ],
)
def test_an_instant_that_no_database_may_know_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(QUESTION, forged([QUESTION, text]), instant)
