"""A clash with the child's timetable is a warning, not a wall."""

from datetime import timedelta

import pytest


@pytest.fixture
def taught(region):
    """A group with a lesson tomorrow at 16:30 and one a week later, moved by some minutes."""

    def group(minutes=0, days=1, **changes):
        lessons = [region.lesson(number, region.local_today() + timedelta(days=days * number)) for number in (1, 2)]
        for lesson in lessons:
            lesson["starts_at"] += timedelta(minutes=minutes)
            lesson["ends_at"] += timedelta(minutes=minutes)
        return region.group(lessons=lessons, **changes)

    return group


def test_the_answer_names_each_other_group_with_its_first_clash(region, taught):
    family = region.family()
    first = taught(title="Шахматы")
    enrolled = region.apply(family, first)
    second = taught(minutes=44)
    answer = region.apply(family, second)
    assert answer["status"] == "enrolled"
    assert answer["clashes"] == [
        {
            "application_id": enrolled["application_id"],
            "group_id": first["group_id"],
            "title": "Шахматы",
            "starts_at": second["lessons"][0]["starts_at"].isoformat(),
        }
    ]
    asked = {"application_id": enrolled["application_id"]}
    assert len(region.ask(family.guardian, "get_application", asked)["clashes"]) == 1


@pytest.mark.parametrize("other", [{"minutes": 45}, {"minutes": -45}, {"days": 3}])
def test_lessons_that_do_not_overlap_do_not_clash(region, taught, other):
    family = region.family()
    region.apply(family, taught())
    assert region.apply(family, taught(**other))["clashes"] == []


def test_only_places_of_the_same_child_ahead_count(region, taught):
    family, group = region.family(), taught()
    region.apply(region.family(), taught())
    region.apply(family, taught(capacity=0))
    left = region.apply(family, taught())
    region.ask(family.guardian, "withdraw_enrollment", {"application_id": left["application_id"]})
    answer = region.apply(family, group)
    assert answer["clashes"] == [], "another child's, one that waits, one that ended"
    region.apply(family, taught())
    region.later(days=20)
    asked = {"application_id": answer["application_id"]}
    assert region.ask(family.guardian, "get_application", asked)["clashes"] == [], "lessons that are over"


def test_a_cancelled_lesson_clashes_with_nothing(region, taught):
    family, first = region.family(), taught()
    region.apply(family, first)
    for lesson in first["lessons"]:
        body = {"lesson_id": lesson["lesson_id"], "reason": "holiday"}
        region.ask(region.manager(first), "cancel_lesson", body)
    assert region.apply(family, taught())["clashes"] == []
