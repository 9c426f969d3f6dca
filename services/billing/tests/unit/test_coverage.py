from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.domain.coverage import Lesson, Span, coming_of_age, lessons_within

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def test_both_ends_of_a_span_count() -> None:
    assert Span(date(2026, 9, 16), date(2026, 12, 31)).days == 107
    assert Span(date(2026, 9, 1), date(2026, 9, 1)).days == 1


@given(first=days, last=days, other_first=days, other_last=days)
def test_the_common_days_of_two_spans_are_in_both(first: date, last: date, other_first: date, other_last: date) -> None:
    one, other = Span(first, last), Span(other_first, other_last)
    common = one.within(other)
    assert common.days == sum(1 for on in common.first_days())
    assert all(on in one and on in other for on in common.first_days())
    assert common.days <= min(one.days, other.days)


def test_lessons_outside_the_span_are_left_out_and_the_rest_is_in_order_of_dates() -> None:
    first = date(2026, 9, 1)
    plan = [Lesson(str(number), number, first + timedelta(days=offset)) for number, offset in ((3, 9), (1, 0), (2, 3))]
    plan.append(Lesson("same day", 4, first + timedelta(days=3)))
    found = lessons_within(plan, Span(first + timedelta(days=1), first + timedelta(days=9)))
    assert [lesson.number for lesson in found] == [2, 4, 3]


def test_the_certificate_ends_on_the_eighteenth_birthday() -> None:
    assert coming_of_age(date(2016, 4, 12)) == date(2034, 4, 12)
    assert coming_of_age(date(2012, 2, 29)) == date(2030, 3, 1)
    assert coming_of_age(date(2010, 2, 28)) == date(2028, 2, 28)
