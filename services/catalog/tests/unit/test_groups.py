from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from catalog.domain.groups import TERMS, Group, check_group, lessons_of, terms_differ
from catalog.domain.programmes import Programme
from catalog.domain.timetable import WeeklyLesson
from chassis.errors import RuleViolated

ZONE = "Asia/Irkutsk"
PROGRAMME = Programme("38", "programme", "provider", "25701000", "Робототехника", "Роботы", "technical", 7, 12)
GROUP = Group(
    region_code="38",
    group_id="38000000-0000-4000-8000-000000000010",
    module_id="module",
    teacher_ids=(),
    address="ул. Вымышленная, 1",
    age_min=7,
    age_max=9,
    capacity=12,
    admission="instant",
    opens_at=datetime(2026, 8, 1, tzinfo=UTC),
    closes_at=datetime(2027, 5, 31, 16, tzinfo=UTC),
    starts_on=date(2026, 9, 1),
    ends_on=date(2027, 5, 31),
    timetable=(WeeklyLesson(3, time(16), time(17)),),
)


def test_a_group_that_keeps_the_rules_passes() -> None:
    check_group(GROUP, PROGRAMME, ZONE)
    check_group(replace(GROUP, capacity=0, age_min=7, age_max=12, admission="review"), PROGRAMME, ZONE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"age_min": 6}, "ages_wrong"),
        ({"age_max": 13}, "ages_wrong"),
        ({"age_min": 10, "age_max": 9}, "ages_wrong"),
        ({"capacity": -1}, "capacity_negative"),
        ({"admission": "lottery"}, "group_state_unknown"),
        ({"state": "draft"}, "group_state_unknown"),
        ({"ends_on": date(2026, 8, 31)}, "group_dates_wrong"),
        ({"ends_on": date(2027, 9, 2)}, "group_dates_wrong"),
        ({"opens_at": datetime(2027, 5, 31, 16, tzinfo=UTC)}, "enrolment_dates_wrong"),
        ({"closes_at": datetime(2027, 5, 31, 16, 0, 1, tzinfo=UTC)}, "enrolment_dates_wrong"),
        ({"timetable": ()}, "timetable_empty"),
    ],
)
def test_a_group_that_breaks_a_rule_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        check_group(replace(GROUP, **changes), PROGRAMME, ZONE)
    assert refusal.value.code == code


def test_public_holidays_have_no_lesson_unless_the_group_meets_on_them() -> None:
    on_holiday = date(2026, 11, 4)

    assert on_holiday not in {lesson.on for lesson in lessons_of(GROUP, ZONE)}
    assert on_holiday in {lesson.on for lesson in lessons_of(replace(GROUP, meets_on_holidays=True), ZONE)}


def test_a_group_without_a_single_lesson_is_refused() -> None:
    with pytest.raises(RuleViolated) as refusal:
        lessons_of(replace(GROUP, starts_on=date(2026, 11, 4), ends_on=date(2026, 11, 4)), ZONE)
    assert refusal.value.code == "group_without_lessons"


@pytest.mark.parametrize("term", TERMS)
def test_each_term_counts_and_other_facts_do_not(term: str) -> None:
    before = dict.fromkeys(TERMS, "as it was") | {"capacity": 10, "address": "here"}

    assert terms_differ(before, before | {term: "another"})
    assert not terms_differ(before, before | {"capacity": 12, "address": "there"})
