from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.coverage import Span
from billing.domain.periods import CLOSED, CLOSING, OPEN, PLANNED, follows, state
from billing.domain.rules import Version, earliest, place

YEAR = Span(date(2026, 9, 1), date(2027, 8, 31))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("today", "versions", "first"),
    [
        (date(2026, 8, 1), [], date(2026, 9, 1)),
        (date(2026, 10, 5), [], date(2026, 9, 1)),
        (date(2026, 8, 1), [Version(1, YEAR)], date(2026, 9, 1)),
        (date(2026, 10, 5), [Version(1, YEAR)], date(2026, 10, 6)),
    ],
)
def test_a_new_version_never_holds_on_a_day_that_was_decided_on(
    today: date, versions: list[Version], first: date
) -> None:
    assert earliest(YEAR, versions, today) == first


@given(starts=st.lists(st.integers(0, YEAR.days - 1), max_size=8))
def test_whatever_versions_are_set_every_day_has_exactly_one(starts: list[int]) -> None:
    standing: list[Version] = []
    for number, offset in enumerate([0, *starts], start=1):
        placement = place(YEAR, standing, YEAR.first + offset * DAY, number)
        shortened = {placement.shortened.number: placement.shortened} if placement.shortened else {}
        standing = [shortened.get(each.number, each) for each in standing if each.number not in placement.superseded]
        standing.append(placement.version)
    for day in YEAR.first_days():
        assert sum(day in each.days for each in standing) == 1
    assert sum(each.days.days for each in standing) == YEAR.days


@pytest.mark.parametrize(
    ("today", "at", "expected"),
    [
        (date(2026, 8, 31), datetime(2026, 8, 31, 15, 59, tzinfo=UTC), PLANNED),
        (date(2026, 9, 1), datetime(2026, 8, 31, 16, tzinfo=UTC), OPEN),
        (date(2027, 8, 31), datetime(2027, 8, 31, 15, 59, tzinfo=UTC), OPEN),
        (date(2027, 9, 1), datetime(2027, 8, 31, 16, tzinfo=UTC), CLOSING),
        (date(2027, 9, 30), datetime(2027, 9, 30, 15, 59, tzinfo=UTC), CLOSING),
        (date(2027, 10, 1), datetime(2027, 9, 30, 16, tzinfo=UTC), CLOSED),
    ],
)
def test_a_period_s_state_follows_its_dates(today: date, at: datetime, expected: str) -> None:
    assert state(YEAR.first, YEAR.last, datetime(2027, 9, 30, 16, tzinfo=UTC), today, at) == expected


def test_periods_follow_each_other_without_a_gap() -> None:
    assert follows(date(2027, 9, 1), YEAR.last)
    assert not follows(date(2027, 9, 2), YEAR.last)
    assert not follows(YEAR.last, YEAR.last)
    assert follows(YEAR.last, None)
