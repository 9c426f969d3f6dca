from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.values import Amount
from notifications.domain.formats import MINUS, NARROW_SPACE, SPACE, day, moment, money, month, time


@pytest.mark.parametrize(
    ("minor", "unit", "written"),
    [
        (1191750, "RUB", "11\u202f917,50\u00a0₽"),
        (8250, "RUB", "82,50\u00a0₽"),
        (0, "RUB", "0,00\u00a0₽"),
        (5, "RUB", "0,05\u00a0₽"),
        (-5, "RUB", "−0,05\u00a0₽"),
        (123456789012, "RUB", "1\u202f234\u202f567\u202f890,12\u00a0₽"),
        (7200, "HOUR", "72,00\u00a0ак.\u00a0ч"),
    ],
)
def test_sums_are_written_the_russian_way(minor: int, unit: str, written: str) -> None:
    assert money(Amount(minor, unit)) == written


@given(st.integers(-(10**15), 10**15))
def test_a_written_sum_can_be_read_back_to_the_kopeck(minor: int) -> None:
    number = money(Amount(minor, "RUB")).removesuffix(f"{SPACE}₽")
    digits = number.replace(NARROW_SPACE, "").replace(",", "").replace(MINUS, "-")
    assert int(digits) == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["RUB", "HOUR"]))
def test_a_sum_is_never_torn_at_the_end_of_a_line(minor: int, unit: str) -> None:
    assert " " not in money(Amount(minor, unit))


def test_days_are_written_with_two_digits_each() -> None:
    assert day(date(2026, 9, 1)) == "01.09.2026"


def test_months_are_written_by_name() -> None:
    assert [month(date(2026, number, 1)).split()[0][:3] for number in (1, 5, 12)] == ["янв", "май", "дек"]
    assert month(date(2026, 9, 1)) == "сентябрь 2026 года"


def test_an_instant_is_told_in_the_time_zone_of_the_place() -> None:
    at = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)
    assert moment(at, "Asia/Irkutsk") == "23.11.2026, 04:05"
    assert moment(at, "Europe/Moscow") == "22.11.2026, 23:05"
    assert time(at, "Asia/Irkutsk") == "04:05"
