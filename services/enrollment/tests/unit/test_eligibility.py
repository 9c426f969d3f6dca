"""May this child apply for this group with this offer?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Conflict, NotFound, Refusal, RuleViolated, Unavailable
from enrollment.domain.eligibility import Group, Offer, check_admission, check_offer, check_place

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
GROUP = Group(
    group_id="group",
    state="published",
    age_min=7,
    age_max=10,
    opens_at=NOW - timedelta(days=30),
    closes_at=NOW + timedelta(days=30),
    time_zone="Asia/Irkutsk",
    terms_version=3,
)
CHILD = {
    "born_on": date(2018, 9, 15),
    "first_lesson_on": date(2026, 9, 15),
    "in_module": False,
    "provider_active": True,
    "now": NOW,
}
OFFER = Offer(
    child_id="child",
    group_id="group",
    guardian_id="guardian",
    terms_version=3,
    expires_at=NOW + timedelta(minutes=15),
)
ACCEPTANCE = {"guardian_id": "guardian", "child_id": "child", "used": False, "now": NOW}

ADMISSION_FAULTS = [
    ("group_closed", RuleViolated, {"state": "closed"}, {}),
    ("enrolment_not_open", RuleViolated, {"opens_at": NOW + timedelta(seconds=1)}, {}),
    ("enrolment_closed", RuleViolated, {"closes_at": NOW}, {}),
    ("no_lessons_left", RuleViolated, {}, {"first_lesson_on": None}),
    ("age_not_fit", RuleViolated, {"age_min": 9}, {}),
    ("already_enrolled", Conflict, {}, {"in_module": True}),
    ("provider_suspended", RuleViolated, {}, {"provider_active": False}),
]
PLACE = {name: CHILD[name] for name in ("born_on", "first_lesson_on", "provider_active")}
OFFER_FAULTS = [
    ("offer_not_found", NotFound, {"guardian_id": "stranger"}, {}),
    ("offer_of_another_child", RuleViolated, {"child_id": "brother"}, {}),
    ("offer_of_another_group", RuleViolated, {"group_id": "other"}, {}),
    ("offer_already_used", RuleViolated, {}, {"used": True}),
    ("offer_expired", RuleViolated, {"expires_at": NOW}, {}),
    ("terms_changed", RuleViolated, {"terms_version": 2}, {}),
    ("terms_not_known_yet", Unavailable, {"terms_version": 4}, {}),
]


def test_a_child_that_fits_is_let_in_with_its_offer():
    check_admission(GROUP, **CHILD)
    check_offer(OFFER, GROUP, **ACCEPTANCE)


@pytest.mark.parametrize(("code", "kind", "group", "child"), ADMISSION_FAULTS, ids=[row[0] for row in ADMISSION_FAULTS])
def test_each_reason_of_the_group_has_its_code(code, kind, group, child):
    with pytest.raises(kind) as refused:
        check_admission(replace(GROUP, **group), **{**CHILD, **child})
    assert refused.value.code == code


@given(st.sets(st.sampled_from(range(len(ADMISSION_FAULTS))), min_size=1))
def test_of_several_reasons_of_the_group_the_first_in_order_is_told(faults):
    group, child = {}, {}
    for index in sorted(faults):
        group |= ADMISSION_FAULTS[index][2]
        child |= ADMISSION_FAULTS[index][3]
    with pytest.raises(Refusal) as refused:
        check_admission(replace(GROUP, **group), **{**CHILD, **child})
    assert refused.value.code == ADMISSION_FAULTS[min(faults)][0]


@pytest.mark.parametrize(("code", "kind", "offer", "by"), OFFER_FAULTS, ids=[row[0] for row in OFFER_FAULTS])
def test_each_fault_of_an_offer_has_its_code(code, kind, offer, by):
    with pytest.raises(kind) as refused:
        check_offer(replace(OFFER, **offer), GROUP, **{**ACCEPTANCE, **by})
    assert refused.value.code == code


@given(st.sets(st.sampled_from(range(len(OFFER_FAULTS) - 1)), min_size=1))
def test_of_several_faults_of_an_offer_the_first_in_order_is_told(faults):
    offer, by = {}, {}
    for index in sorted(faults):
        offer |= OFFER_FAULTS[index][2]
        by |= OFFER_FAULTS[index][3]
    with pytest.raises(Refusal) as refused:
        check_offer(replace(OFFER, **offer), GROUP, **{**ACCEPTANCE, **by})
    assert refused.value.code == OFFER_FAULTS[min(faults)][0]


def test_enrolment_is_open_from_its_first_instant():
    check_admission(replace(GROUP, opens_at=NOW), **CHILD)


@pytest.mark.parametrize(
    ("born_on", "fits"),
    [
        (date(2019, 9, 15), True),
        (date(2019, 9, 16), False),
        (date(2015, 9, 16), True),
        (date(2015, 9, 15), False),
    ],
)
def test_the_age_counts_on_the_day_of_the_first_lesson_not_today(born_on, fits):
    if fits:
        check_admission(GROUP, **{**CHILD, "born_on": born_on})
    else:
        with pytest.raises(RuleViolated, match="age_not_fit"):
            check_admission(GROUP, **{**CHILD, "born_on": born_on})


def test_before_the_opening_the_answer_tells_its_local_time():
    with pytest.raises(RuleViolated) as refused:
        check_admission(replace(GROUP, opens_at=datetime(2026, 9, 2, 1, tzinfo=UTC)), **CHILD)
    assert refused.value.details == {
        "opens_at": "2026-09-02T01:00:00+00:00",
        "opens_at_local": "2026-09-02T09:00:00+08:00",
    }


@pytest.mark.parametrize(
    ("born_on", "fits"),
    [
        (date(2021, 9, 16), False),
        (date(2021, 9, 15), True),
        (date(2008, 9, 16), True),
        (date(2008, 9, 15), False),
    ],
    ids=["4, 5 tomorrow", "5 today", "17, 18 tomorrow", "18 today"],
)
def test_children_are_of_5_to_17_years_whatever_the_group_says(born_on, fits):
    group = replace(GROUP, age_min=0, age_max=99)
    if fits:
        check_admission(group, **{**CHILD, "born_on": born_on})
    else:
        with pytest.raises(RuleViolated) as refused:
            check_admission(group, **{**CHILD, "born_on": born_on})
        assert refused.value.code == "age_not_fit"


@pytest.mark.parametrize(
    ("code", "group", "child"),
    [
        ("group_closed", {"state": "closed"}, {}),
        ("no_lessons_left", {}, {"first_lesson_on": None}),
        ("age_not_fit", {"age_max": 7}, {}),
        ("provider_suspended", {}, {"provider_active": False}),
    ],
)
def test_an_offered_place_may_be_refused_for_what_has_changed(code, group, child):
    with pytest.raises(RuleViolated, match=code):
        check_place(replace(GROUP, **group), **{**PLACE, **child})


def test_an_offered_place_may_be_taken_after_enrolment_has_closed():
    check_place(replace(GROUP, closes_at=NOW - timedelta(days=1)), **PLACE)


def test_a_refusal_by_age_does_not_tell_the_birth_date():
    with pytest.raises(RuleViolated) as refused:
        check_admission(replace(GROUP, age_min=9), **CHILD)
    assert "2018" not in str(refused.value.details)
