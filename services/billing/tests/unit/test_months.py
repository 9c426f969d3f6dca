from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.coverage import Span
from billing.domain.months import Month, due, monthly
from billing.domain.split import split
from chassis.values import Amount

GROUP = Span(date(2020, 9, 1), date(2021, 5, 31))
NOVEMBER = Span(date(2020, 11, 1), date(2020, 11, 30))


def rub(value: str) -> Amount:
    return Amount.from_wire({"value": value, "unit": "RUB"})


@pytest.mark.parametrize(
    ("prices", "group", "days", "certificate", "parent"),
    [
        (("9000.00", "8000.00", "10000.00"), GROUP, (date(2020, 9, 16), 4), (43959, 89865), (5495, 11233)),
        (("9000.00", "8000.00", "2000.00"), GROUP, (date(2020, 9, 16), 4), (28040, 57320), (21414, 43778)),
        (("8000.00", "8800.00", "10000.00"), GROUP, (date(2020, 9, 1), 4), (87915, 89865), (0, 0)),
        (("3000.00", "3000.00", "10000.00"), NOVEMBER, (date(2020, 11, 10), 1), (210000, None), (0, None)),
    ],
)
def test_the_published_examples_of_the_monthly_split(
    prices: tuple[str, str, str],
    group: Span,
    days: tuple[date, int],
    certificate: tuple[int, int | None],
    parent: tuple[int, int | None],
) -> None:
    starts_on, count = days
    contract = Span(starts_on, date(2020, 12, 31)).within(group)
    shares = split(*map(rub, prices), contract.days, group.days)
    for share, (first, other) in ((shares.certificate, certificate), (shares.parent, parent)):
        months = monthly(share.minor, contract)
        assert [each.amount for each in months] == [first, *[other] * (count - 1)]
        assert [each.on.day for each in months] == [1] * count


@given(share=st.integers(0, 10**10), starts=st.integers(0, 700), length=st.integers(1, 700))
def test_the_months_together_cost_exactly_the_share_and_none_less_than_nothing(
    share: int, starts: int, length: int
) -> None:
    first = date(2026, 1, 1) + timedelta(days=starts)
    days = Span(first, first + timedelta(days=length - 1))
    months = monthly(share, days)
    assert sum(each.amount for each in months) == share
    assert min(each.amount for each in months) >= 0
    assert len({each.amount for each in months[1:]}) <= 1
    assert [each.on for each in months] == sorted({each.replace(day=1) for each in days.first_days()})


def test_no_days_have_no_months() -> None:
    assert monthly(100, Span(date(2026, 9, 2), date(2026, 9, 1))) == ()


@pytest.mark.parametrize(
    ("today", "ended_on", "expected"),
    [
        (date(2026, 9, 30), None, False),
        (date(2026, 10, 1), None, True),
        (date(2026, 10, 5), date(2026, 10, 1), True),
        (date(2026, 10, 5), date(2026, 9, 30), False),
    ],
)
def test_a_month_is_due_from_its_first_day_unless_the_contract_had_ended(
    today: date, ended_on: date | None, expected: bool
) -> None:
    assert due(Month(date(2026, 10, 1), 100), today, ended_on) is expected
