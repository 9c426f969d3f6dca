"""How long a seat is kept for those who have to decide."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment import working_days
from enrollment.holds import Holds


@pytest.mark.parametrize(
    ("on", "count", "expected"),
    [
        (date(2026, 9, 1), 7, date(2026, 9, 10)),
        (date(2026, 9, 4), 1, date(2026, 9, 7)),
        (date(2026, 4, 30), 1, date(2026, 5, 4)),
        (date(2026, 12, 30), 1, date(2027, 1, 11)),
        (date(2026, 1, 8), 1, date(2026, 1, 12)),
        (date(2025, 10, 31), 1, date(2025, 11, 1)),
        (date(2025, 11, 1), 1, date(2025, 11, 5)),
        (date(2024, 12, 27), 1, date(2024, 12, 28)),
    ],
    ids=[
        "an ordinary week",
        "over a weekend",
        "1 May and the weekend behind it",
        "the New Year of 2027, with 31 December moved",
        "9 January 2026, moved from the 3rd",
        "a Saturday that was worked in 2025",
        "3 November 2025, moved from that Saturday",
        "a Saturday that was worked in 2024",
    ],
)
def test_working_days_follow_the_russian_calendar_with_its_moved_days(on, count, expected):
    assert working_days.after(on, count) == expected


@given(on=st.dates(date(2020, 9, 1), date(2035, 8, 31)), count=st.integers(1, 30))
def test_each_working_day_is_one_after_the_day_before_it(on, count):
    assert working_days.after(working_days.after(on, count), 1) == working_days.after(on, count + 1)


def test_the_provider_has_until_the_end_of_its_last_local_day():
    late_evening = datetime(2026, 9, 1, 17, tzinfo=UTC)
    holds = Holds(review_working_days=7, offer_days=3)
    assert holds.review_until(late_evening, "Asia/Irkutsk") == datetime(2026, 9, 11, 16, tzinfo=UTC)
    assert holds.review_until(late_evening, "Europe/Moscow") == datetime(2026, 9, 10, 21, tzinfo=UTC)


def test_the_family_has_days_of_24_hours():
    now = datetime(2026, 9, 1, 17, 30, tzinfo=UTC)
    assert Holds(review_working_days=7, offer_days=3).offer_until(now) == datetime(2026, 9, 4, 17, 30, tzinfo=UTC)
