"""The waiting list: strictly in order, one timed offer for each free seat."""

from datetime import date, timedelta

import pytest

from chassis.errors import Conflict, NotFound, RuleViolated
from enrollment.commands import waiting


def test_a_freed_place_is_offered_to_the_first_in_line_by_the_same_request(region):
    group = region.group(capacity=1)
    leaver, first, second = region.wait(group, 3)
    region.do("withdraw_enrollment", leaver)

    seen = region.seen(first)
    assert (seen["status"], seen["position"]) == ("offered", None)
    assert seen["decide_by"] == (region.now() + timedelta(days=3)).isoformat()
    assert region.told(first) == [("application.waitlisted", 1), ("application.offered", 2)]
    assert region.data_of(first, "application.offered.v1")["expires_at"] == seen["decide_by"]
    assert (region.seen(second)["status"], region.seen(second)["position"]) == ("waitlisted", 1)
    assert region.seats(group) == (1, 1, 1)
    assert region.events("seats.changed.v1")[-1].data["waiting"] == 1


def test_a_place_that_is_offered_is_taken_and_newcomers_wait(region):
    group = region.group(capacity=1)
    leaver, _first = region.wait(group, 2)
    region.do("withdraw_enrollment", leaver)
    (newcomer,) = region.wait(group)
    assert region.seen(newcomer)["position"] == 1
    assert region.seats(group) == (1, 1, 1)


def test_an_offered_place_in_an_instant_group_is_taken_by_one_call(region):
    group = region.group(capacity=1)
    leaver, first = region.wait(group, 2)
    region.do("withdraw_enrollment", leaver)
    applied_at = region.seen(first)["submitted_at"]
    region.later(days=1)
    answer = region.do("accept_place", first)

    assert (answer["status"], answer["decide_by"]) == ("enrolled", None)
    assert answer["submitted_at"] == applied_at, "it is still the application of that day"
    assert region.told(first)[2:] == [("application.submitted", 3), ("enrolled", 4)]
    said = region.data_of(first, "enrolled.v1")
    assert said["enrolled_on"] == region.local_today().isoformat()
    assert [lesson["number"] for lesson in said["lessons"]] == list(range(2, 9)), "yesterday's lesson is over"
    assert region.seats(group) == (1, 1, 0)


def test_an_offered_place_in_a_group_with_review_goes_on_to_the_provider(region):
    group = region.group(capacity=1, admission="review")
    leaver, first = region.wait(group, 2)
    region.do("cancel_application", leaver)
    answer = region.do("accept_place", first)
    assert answer["status"] == "submitted"
    assert answer["decide_by"] > (region.now() + timedelta(days=6)).isoformat()
    assert region.told(first)[2:] == [("application.submitted", 3)]


def test_only_an_offered_place_can_be_taken_and_only_by_its_family(region):
    group = region.group(capacity=1)
    leaver, first, second = region.wait(group, 3)
    region.do("withdraw_enrollment", leaver)
    for place in (leaver, second):
        with pytest.raises(Conflict, match="transition_not_allowed"):
            region.do("accept_place", place)
    with pytest.raises(NotFound, match="application_not_found"):
        region.do("accept_place", first, second.family.guardian)


def test_an_offer_that_nobody_takes_lapses_at_its_instant_and_the_next_in_line_gets_it(region):
    group = region.group(capacity=1)
    leaver, first, second = region.wait(group, 3)
    region.do("withdraw_enrollment", leaver)
    region.later(days=3, seconds=-1)
    region.work()
    assert region.status(first) == ("offered", None)

    region.later(seconds=1)
    with pytest.raises(RuleViolated, match="place_deadline_passed"):
        region.do("accept_place", first)
    region.work()
    assert region.status(first) == ("cancelled", "place_not_taken_in_time")
    assert region.data_of(first, "application.cancelled.v1")["by"] == "system"
    assert region.status(second) == ("offered", None)
    assert region.seen(second)["decide_by"] == (region.now() + timedelta(days=3)).isoformat()
    assert region.seats(group) == (1, 1, 0)


def test_a_waiting_one_that_leaves_frees_nothing(region):
    group = region.group(capacity=1)
    _seated, first, second = region.wait(group, 3)
    region.do("cancel_application", first)
    assert region.seen(second)["position"] == 1
    assert region.events("application.offered.v1") == []
    assert region.seats(group) == (1, 1, 1)


def test_an_offered_place_that_is_given_up_goes_to_the_next(region):
    group = region.group(capacity=1)
    leaver, first, second = region.wait(group, 3)
    region.do("withdraw_enrollment", leaver)
    region.do("cancel_application", first, reason="found_another")
    assert region.status(first) == ("cancelled", "found_another")
    assert region.status(second) == ("offered", None)


def test_a_raised_capacity_is_offered_in_the_order_of_arrival(region):
    group = region.group(capacity=1)
    _seated, *waiting_ones = region.wait(group, 5)
    region.change(group, capacity=3)
    assert region.apply(region.family(), group)["position"] == 5, "no newcomer overtakes those who wait"
    region.work("offer_places")
    assert [region.seen(place)["status"] for place in waiting_ones] == ["offered"] * 2 + ["waitlisted"] * 2
    assert region.seats(group) == (3, 3, 3)
    offered = [event.subject for event in region.events("application.offered.v1")]
    assert offered == [place.application_id for place in waiting_ones[:2]]


def test_a_long_list_is_served_in_rounds_without_changing_the_order(region, monkeypatch):
    monkeypatch.setattr(waiting, "BATCH", 2)
    group = region.group(capacity=0)
    places = region.wait(group, 5)
    region.change(group, capacity=5)
    region.work("offer_places")
    offered = [event.subject for event in region.events("application.offered.v1")]
    assert offered == [place.application_id for place in places]
    assert region.seats(group) == (5, 5, 0)


def test_a_lowered_capacity_throws_nobody_out_and_nobody_moves_up_until_it_is_below_again(region):
    group = region.group(capacity=3)
    *seated, first = region.wait(group, 4)
    region.change(group, capacity=1)
    for leaver in seated[:2]:
        region.do("withdraw_enrollment", leaver)
        region.work()
        assert region.status(first) == ("waitlisted", None)
    assert region.seats(group) == (1, 1, 1)
    region.do("withdraw_enrollment", seated[2])
    assert region.status(first) == ("offered", None)
    assert region.seats(group) == (1, 1, 0)


def test_one_who_has_grown_too_old_is_passed_over_with_a_reason(region):
    group = region.group(capacity=1, age_max=9)
    birthday = region.local_today() + timedelta(days=10)
    (leaver,) = region.wait(group)
    old = region.family(born_on=date(birthday.year - 10, birthday.month, birthday.day))
    grown = type(leaver)(old, group, region.apply(old, group)["application_id"])
    (young,) = region.wait(group)
    region.later(days=8)
    region.do("withdraw_enrollment", leaver)

    assert region.status(grown) == ("cancelled", "no_longer_eligible")
    said = region.data_of(grown, "application.cancelled.v1")
    assert (said["by"], said["reason"]) == ("system", "no_longer_eligible")
    assert region.status(young) == ("offered", None)
    assert region.seats(group) == (1, 1, 0)


def test_without_lessons_ahead_nobody_is_offered_a_place(region):
    group = region.group(capacity=1)
    leaver, first = region.wait(group, 2)
    region.later(days=50)
    region.do("withdraw_enrollment", leaver)
    assert region.status(first) == ("cancelled", "no_longer_eligible")


def test_the_list_of_a_suspended_provider_stands_still_and_goes_on_when_it_is_active_again(region):
    group = region.group(capacity=1)
    leaver, first = region.wait(group, 2)
    region.provider(group, "suspended", version=1)
    region.do("withdraw_enrollment", leaver)
    region.work("offer_places")
    assert region.status(first) == ("waitlisted", None)
    assert region.seats(group) == (1, 0, 1)

    region.provider(group, "active", version=2)
    region.work("offer_places")
    assert region.status(first) == ("offered", None)


def test_the_list_of_a_closed_group_stands_still(region):
    group = region.group(capacity=1)
    leaver, first = region.wait(group, 2)
    region.change(group, state="closed")
    region.do("withdraw_enrollment", leaver)
    region.work("offer_places")
    assert region.status(first) == ("waitlisted", None)
    region.change(group, version=3)
    region.work("offer_places")
    assert region.status(first) == ("offered", None)


def test_those_who_wait_are_served_after_enrolment_has_closed(region):
    group = region.group(capacity=1, closes_at=region.now() + timedelta(days=1))
    leaver, first = region.wait(group, 2)
    region.later(days=2)
    region.do("withdraw_enrollment", leaver)
    assert region.do("accept_place", first)["status"] == "enrolled"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("group_closed", {"state": "closed"}),
        ("age_not_fit", {"age_min": 15}),
        ("no_lessons_left", {"lessons": []}),
    ],
)
def test_a_place_in_a_group_that_has_changed_cannot_be_taken(region, code, change):
    first_lesson = region.local_today() + timedelta(days=1)
    group = region.group(capacity=1, lessons=[region.lesson(1, first_lesson)])
    leaver, first = region.wait(group, 2)
    region.do("withdraw_enrollment", leaver)
    region.change(group, **change)
    with pytest.raises(RuleViolated, match=code):
        region.do("accept_place", first)
    assert region.status(first) == ("offered", None)


def test_a_place_of_a_suspended_provider_cannot_be_taken(region):
    group = region.group(capacity=1)
    leaver, first = region.wait(group, 2)
    region.do("withdraw_enrollment", leaver)
    region.provider(group, "suspended", version=1)
    with pytest.raises(RuleViolated, match="provider_suspended"):
        region.do("accept_place", first)
