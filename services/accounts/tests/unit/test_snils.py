"""The control digits of an insurance number."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.domain.snils import control_of, digits_of, is_valid

NINE_DIGITS = st.integers(min_value=1_001_999, max_value=999_999_999).map("{:09d}".format)


@pytest.mark.parametrize("number", ["112-233-445 95", "11223344595", "001-001-998 12", "087-654-303 00"])
def test_right_numbers(number: str) -> None:
    assert is_valid(number)


@pytest.mark.parametrize("number", ["112-233-445 96", "000-000-000 00", "112-233-44", "", "001-001-999 00"])
def test_wrong_numbers(number: str) -> None:
    assert not is_valid(number)


def test_a_remainder_of_100_is_written_00() -> None:
    numbers = (f"{number:09d}" for number in range(200_000_000, 200_010_000))
    hundred = next(n for n in numbers if sum(int(d) * w for d, w in zip(n, range(9, 0, -1), strict=True)) % 101 == 100)
    assert control_of(hundred) == 0
    assert is_valid(f"{hundred}00")


@given(NINE_DIGITS)
def test_exactly_one_control_number_is_right(number: str) -> None:
    assert [control for control in range(100) if is_valid(f"{number}{control:02d}")] == [control_of(number)]


@given(NINE_DIGITS, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assume(int(wrong) >= 1_001_999)
    weight, difference = 9 - place, abs(int(wrong[place]) - int(number[place]))
    assume((weight * difference) % 101 not in (0, 100, 1))
    assert not is_valid(f"{wrong}{control_of(number):02d}")


def test_separators_do_not_count() -> None:
    assert digits_of("112-233-445 95") == "11223344595"
