"""Amounts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.values import Amount

MINORS = st.integers(-(10**15) + 1, 10**15 - 1)
AMOUNTS = st.builds(Amount, MINORS, st.sampled_from(["RUB", "HOUR"]))
ROUBLES = st.builds(Amount, MINORS, st.just("RUB"))


@given(AMOUNTS)
def test_an_amount_survives_the_wire(amount: Amount) -> None:
    assert Amount.from_wire(amount.to_wire()) == amount


@given(AMOUNTS)
def test_on_the_wire_it_is_a_decimal_string_with_two_digits(amount: Amount) -> None:
    wire = amount.to_wire()
    whole, _, hundredths = wire["value"].partition(".")
    assert len(hundredths) == 2
    assert abs(int(whole)) * 100 + int(hundredths) == abs(amount.minor)
    assert wire["value"].startswith("-") == (amount.minor < 0)


@pytest.mark.parametrize(
    ("minor", "value"), [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (100, "1.00"), (123450, "1234.50"), (-99, "-0.99")]
)
def test_known_amounts(minor: int, value: str) -> None:
    assert Amount(minor, "RUB").to_wire() == {"value": value, "unit": "RUB"}


@pytest.mark.parametrize("value", ["", "1", "1.5", "1.505", "1,50", " 1.50", "1.50 ", "1.50\n", "+1.50", "1e2.00"])
def test_other_spellings_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Amount.from_wire({"value": value, "unit": "RUB"})


@given(ROUBLES, ROUBLES)
def test_arithmetic_and_order_are_those_of_whole_hundredths(one: Amount, other: Amount) -> None:
    assert (one + other).minor == one.minor + other.minor
    assert one - other == one + -other
    assert (one < other, one <= other) == (one.minor < other.minor, one.minor <= other.minor)
    assert (one > other, one >= other) == (other < one, other <= one)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__"])
def test_units_do_not_mix(operation: str) -> None:
    roubles: Any = Amount(100, "RUB")
    with pytest.raises(ValueError, match="RUB and HOUR do not mix"):
        getattr(roubles, operation)(Amount(100, "HOUR"))
    assert Amount(100, "RUB") != Amount(100, "HOUR")
