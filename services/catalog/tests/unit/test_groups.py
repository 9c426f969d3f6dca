from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from catalog.domain.groups import TERMS, Group, check_group, check_price, lessons_of, terms_differ, weekdays_of
from catalog.domain.programmes import Module, Programme
from catalog.domain.timetable import DatedLesson, WeeklyLesson
from chassis.errors import RuleViolated
from chassis.values import Amount

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
        ({"state": "archived"}, "group_state_unknown"),
        ({"ends_on": date(2026, 8, 31)}, "group_dates_wrong"),
        ({"ends_on": date(2027, 9, 2)}, "group_dates_wrong"),
        ({"opens_at": datetime(2027, 5, 31, 16, tzinfo=UTC)}, "enrolment_dates_wrong"),
        ({"closes_at": datetime(2027, 5, 31, 16, 0, 1, tzinfo=UTC)}, "enrolment_dates_wrong"),
        ({"timetable": ()}, "timetable_empty"),
        ({"skipped_on": (date(2026, 8, 31),)}, "exception_outside_dates"),
        ({"extra_lessons": (DatedLesson(date(2027, 6, 1), time(9), time(10)),)}, "exception_outside_dates"),
        ({"extra_lessons": (DatedLesson(date(2027, 5, 1), time(9), time(9)),)}, "timetable_times_reversed"),
    ],
)
def test_a_group_that_breaks_a_rule_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        check_group(replace(GROUP, **changes), PROGRAMME, ZONE)
    assert refusal.value.code == code


HOLIDAY = date(2026, 11, 4)


def days(group: Group) -> list[date]:
    return [lesson.on for lesson in lessons_of(group, ZONE, {HOLIDAY})]


def test_rest_days_have_no_lesson_unless_the_group_meets_on_them() -> None:
    assert HOLIDAY not in days(GROUP)
    assert HOLIDAY in days(replace(GROUP, meets_on_holidays=True))


def test_a_skipped_date_has_no_lesson_even_of_a_group_that_meets_every_day() -> None:
    every_day = replace(GROUP, meets_on_holidays=True, skipped_on=(HOLIDAY,))

    assert days(every_day) == days(GROUP)


def test_an_extra_lesson_comes_in_its_place_by_time_also_on_a_rest_day() -> None:
    extra = replace(GROUP, extra_lessons=(DatedLesson(HOLIDAY, time(9), time(10)),))

    assert days(extra) == sorted([*days(GROUP), HOLIDAY])
    numbers = [lesson.number for lesson in lessons_of(extra, ZONE, {HOLIDAY})]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_extra_lesson_changes_no_other_lessons_identifier() -> None:
    extra = replace(GROUP, extra_lessons=(DatedLesson(HOLIDAY, time(9), time(10)),))
    before = {lesson.on: lesson.lesson_id for lesson in lessons_of(GROUP, ZONE, {HOLIDAY})}
    after = {lesson.on: lesson.lesson_id for lesson in lessons_of(extra, ZONE, {HOLIDAY})}

    assert after == before | {HOLIDAY: after[HOLIDAY]}


def test_an_extra_lesson_that_overlaps_the_timetable_is_refused() -> None:
    wednesday = date(2026, 9, 2)
    touching = replace(GROUP, extra_lessons=(DatedLesson(wednesday, time(17), time(18)),))
    overlapping = replace(GROUP, extra_lessons=(DatedLesson(wednesday, time(16, 59), time(18)),))

    assert days(touching).count(wednesday) == 2
    with pytest.raises(RuleViolated) as refusal:
        lessons_of(overlapping, ZONE, ())
    assert refusal.value.code == "timetable_overlaps"


def test_a_group_without_a_single_lesson_is_refused() -> None:
    with pytest.raises(RuleViolated) as refusal:
        lessons_of(replace(GROUP, starts_on=HOLIDAY, ends_on=HOLIDAY), ZONE, {HOLIDAY})
    assert refusal.value.code == "group_without_lessons"


@pytest.mark.parametrize(
    ("price", "code"), [(Amount(-1, "RUB"), "price_negative"), (Amount(100, "HOUR"), "price_units_differ")]
)
def test_a_groups_own_price_is_not_negative_and_in_its_modules_unit(price: Amount, code: str) -> None:
    module = Module("38", "module", "programme", "Первый год", Amount(900, "RUB"), Amount(800, "RUB"))
    check_price(Amount(0, "RUB"), module)

    with pytest.raises(RuleViolated) as refusal:
        check_price(price, module)
    assert refusal.value.code == code


def test_the_weekdays_of_a_timetable_are_bits_from_monday() -> None:
    assert weekdays_of(()) == 0
    assert weekdays_of(GROUP.timetable) == 0b0000100
    assert weekdays_of([WeeklyLesson(day, time(9), time(10)) for day in (1, 7, 1)]) == 0b1000001


@pytest.mark.parametrize("term", TERMS)
def test_each_term_counts_and_other_facts_do_not(term: str) -> None:
    before = dict.fromkeys(TERMS, "as it was") | {"capacity": 10, "address": "here"}

    assert terms_differ(before, before | {term: "another"})
    assert not terms_differ(before, before | {"capacity": 12, "address": "there"})
