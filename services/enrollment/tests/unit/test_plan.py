"""A group's lessons when its plan is published again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.plan import KnownLesson, Lesson, follow

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def lesson(lesson_id, days, number=1):
    starts_at = NOW + timedelta(days=days, hours=1)
    return Lesson(lesson_id, number, starts_at.date(), starts_at, starts_at + timedelta(hours=1))


def known(*lessons, settled=()):
    return {each.lesson_id: KnownLesson(each, each.lesson_id in settled) for each in lessons}


def test_a_lesson_ahead_follows_the_plan():
    moved = lesson("a", 9)
    assert follow(known(lesson("a", 7)), [moved], NOW).changed == (moved,)


def test_a_lesson_ahead_that_left_the_plan_is_dropped():
    assert follow(known(lesson("a", 7)), [], NOW).dropped == ("a",)


def test_the_same_plan_changes_nothing():
    difference = follow(known(lesson("a", 7), lesson("b", -7)), [lesson("a", 7), lesson("b", -7)], NOW)
    assert difference == follow({}, [], NOW)


def test_a_lesson_already_in_the_past_is_added_when_the_group_is_new():
    assert follow({}, [lesson("a", -7)], NOW).added == (lesson("a", -7),)


LESSONS = st.lists(
    st.builds(lesson, st.sampled_from("abcdefgh"), st.integers(-5, 5), st.integers(1, 9)),
    unique_by=lambda each: each.lesson_id,
)


@given(held=LESSONS, planned=LESSONS, settled=st.sets(st.sampled_from("abcdefgh")))
def test_what_was_held_marked_cancelled_or_moved_stays_and_all_else_becomes_the_plan(held, planned, settled):
    before = known(*held, settled=settled)
    difference = follow(before, planned, NOW)
    after = {each.lesson_id: each for each in held if each.lesson_id not in difference.dropped}
    after |= {each.lesson_id: each for each in (*difference.added, *difference.changed)}

    fixed = {each.lesson_id for each in held if each.lesson_id in settled or each.starts_at <= NOW}
    assert {i: after[i] for i in fixed} == {i: before[i].lesson for i in fixed}
    assert {i: x for i, x in after.items() if i not in fixed} == {
        x.lesson_id: x for x in planned if x.lesson_id not in fixed
    }
