"""When a lesson's page is open, and what a provider may do to a lesson."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput, RuleViolated
from contracts import enrollment as contract
from enrollment.domain.lessons import (
    CANCELLED,
    JOURNAL_DAYS,
    PLANNED,
    Page,
    Slot,
    check_changeable,
    check_markable,
    check_move,
    slot_of,
)

ZONE = "Asia/Irkutsk"
ON = date(2026, 10, 1)
GROUP = (date(2026, 9, 1), date(2027, 5, 31))
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def slot(on=ON, starts=time(16, 30)):
    return slot_of(on, starts, time(starts.hour + 1, starts.minute), ZONE)


def page(on=ON, state=PLANNED, marked=False):
    return Page(slot(on), state, marked)


def refusal(act, *arguments):
    """The code of the rule that says no, or None."""
    try:
        act(*arguments)
    except RuleViolated as refused:
        return refused.code
    return None


def test_the_days_of_the_journal_are_those_of_the_contract():
    assert contract.JOURNAL_DAYS == JOURNAL_DAYS


def test_local_hours_become_instants_of_the_group_s_zone():
    assert slot_of(ON, time(0, 30), time(1, 15), ZONE) == Slot(
        ON, datetime(2026, 9, 30, 16, 30, tzinfo=UTC), datetime(2026, 9, 30, 17, 15, tzinfo=UTC)
    )


@pytest.mark.parametrize("ends", [time(16, 30), time(16, 29)])
def test_a_lesson_ends_after_it_starts(ends):
    with pytest.raises(InvalidInput) as refused:
        slot_of(ON, time(16, 30), ends, ZONE)
    assert list(refused.value.details) == ["ends_at"]


@given(st.integers(-40, 40), st.sampled_from((PLANNED, CANCELLED)), st.booleans())
def test_a_page_takes_marks_from_its_day_until_the_journal_closes(days, state, marked):
    code = refusal(check_markable, page(ON, state, marked), ON + timedelta(days=days))
    if state == CANCELLED:
        assert code == "lesson_cancelled"
    elif days < 0:
        assert code == "lesson_in_future"
    else:
        assert code == ("journal_closed" if days > JOURNAL_DAYS else None)


@given(st.integers(-40, 40), st.booleans())
def test_a_lesson_is_cancelled_ahead_of_its_day_and_until_its_journal_closes(days, marked):
    code = refusal(check_changeable, page(ON, PLANNED, marked), ON + timedelta(days=days))
    assert code == ("journal_closed" if days > JOURNAL_DAYS else None)


def test_a_closed_journal_says_until_when_it_was_open():
    with pytest.raises(RuleViolated, match="journal_closed") as refused:
        check_changeable(page(), ON + timedelta(days=15))
    assert refused.value.details == {"lesson_on": "2026-10-01", "closed_after": "2026-10-15"}


def test_a_lesson_is_not_cancelled_twice():
    assert refusal(check_changeable, page(state=CANCELLED), ON) == "lesson_cancelled"


def moved(held, target, now=NOW, today=ON):
    return refusal(check_move, held, target, GROUP, now, today)


def test_an_unmarked_lesson_may_be_held_later_though_its_day_has_passed():
    assert moved(page(), slot(ON + timedelta(days=3))) is None
    assert moved(page(ON - timedelta(days=JOURNAL_DAYS)), slot(ON + timedelta(days=3))) is None
    assert moved(page(ON - timedelta(days=JOURNAL_DAYS + 1)), slot(ON + timedelta(days=3))) == "journal_closed"


def test_a_marked_or_cancelled_lesson_is_not_moved():
    assert moved(page(marked=True), slot(ON + timedelta(days=3))) == "lesson_marked"
    assert moved(page(state=CANCELLED), slot(ON + timedelta(days=3))) == "lesson_cancelled"


def test_a_lesson_is_moved_to_a_time_that_is_still_ahead():
    target = slot(starts=time(18, 0))
    assert moved(page(), target, now=target.starts_at - timedelta(seconds=1)) is None
    assert moved(page(), target, now=target.starts_at) == "lesson_time_passed"


def test_a_lesson_stays_within_its_group_s_dates():
    for on, code in (
        (GROUP[1], None),
        (GROUP[1] + timedelta(days=1), "outside_group_dates"),
    ):
        assert moved(page(), slot(on)) == code
    early = (ON + timedelta(days=5), GROUP[1])
    assert refusal(check_move, page(), slot(ON + timedelta(days=4)), early, NOW, ON) == "outside_group_dates"
