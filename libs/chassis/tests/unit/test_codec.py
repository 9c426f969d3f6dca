"""Strict JSON."""

import json
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import codec

STORABLE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | STORABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STORABLE, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_dumped_loads_as_it_was(value: Any) -> None:
    assert codec.loads(codec.dumps(value), depth_max=64) == value
    assert codec.loads(json.dumps(value).encode(), depth_max=64) == value


def test_russian_stays_readable() -> None:
    assert codec.dumps({"имя": "Ёж"}) == '{"имя":"Ёж"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [-float("inf")]}])
def test_what_is_no_number_is_not_dumped(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        codec.dumps(value)


@pytest.mark.parametrize("value", [date(2026, 9, 1), Decimal("1.0"), uuid.uuid4(), b"x", {1}])
def test_only_what_json_knows_is_dumped(value: Any) -> None:
    with pytest.raises(TypeError):
        codec.dumps(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{'a': 1}",
        b'{"a": 1} x',
        b'{"a": 1,}',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"9" * 5000,
        b'{"a": 1, "a": 2}',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'["\\u0000"]',
        b'{"\\u0000": 1}',
        b'"\x00"',
        "\ud800",
    ],
)
def test_everything_doubtful_is_a_value_error(body: bytes | str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 every reason will do
        codec.loads(body)


def test_escaped_characters_that_can_be_stored_are_taken() -> None:
    assert codec.loads(rb'"\u0416\ud83d\ude00\\u0000"') == "Ж😀\\u0000"


def test_length_is_counted_in_bytes() -> None:
    assert codec.loads('"ёж"', bytes_max=6) == "ёж"
    with pytest.raises(ValueError, match="longer than 5 bytes"):
        codec.loads('"ёж"', bytes_max=5)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded(opening: str, closing: str) -> None:
    def nested(depth: int) -> str:
        return opening * depth + "1" + closing * depth

    codec.loads(nested(32))
    for depth in (33, 100_000 // len(opening)):
        with pytest.raises(ValueError, match="nested"):
            codec.loads(nested(depth))


def test_many_flat_brackets_are_no_depth() -> None:
    assert codec.loads("[" + ",".join(["[]"] * 100) + "]") == [[]] * 100
    assert codec.loads('"' + "[" * 100 + '"') == "[" * 100
