"""Which two registrations mean one child."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.likeness import BY_NAME, BY_SNILS, Sketch, likeness

MARIA, ANNA, ONE, TWO = b"maria 2016", b"anna 2016", b"number one", b"number two"
sketches = st.builds(Sketch, st.sampled_from([MARIA, ANNA]), st.sampled_from([None, ONE, TWO]))


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        (Sketch(MARIA), Sketch(MARIA), BY_NAME),
        (Sketch(MARIA), Sketch(ANNA), None),
        (Sketch(MARIA, ONE), Sketch(MARIA), BY_NAME),
        (Sketch(MARIA, ONE), Sketch(ANNA), None),
        (Sketch(MARIA, ONE), Sketch(MARIA, ONE), BY_SNILS),
        (Sketch(MARIA, ONE), Sketch(ANNA, ONE), BY_SNILS),
        (Sketch(MARIA, ONE), Sketch(MARIA, TWO), None),
    ],
)
def test_a_number_decides_if_both_have_one_and_else_name_and_birth_date(
    one: Sketch, other: Sketch, by: str | None
) -> None:
    assert likeness(one, other) == by


@given(sketches, sketches)
def test_it_does_not_matter_who_came_first(one: Sketch, other: Sketch) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) is not None
