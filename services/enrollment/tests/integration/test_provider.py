"""The provider's side: its queue, its decisions, its working days."""

from datetime import UTC, datetime

import pytest

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolated


@pytest.fixture
def group(region):
    return region.group(admission="review", capacity=2)


def queue(region, group, **fields):
    return region.ask(region.manager(group), "list_group_applications", {"group_id": group["group_id"], **fields})


def test_the_queue_lists_a_groups_applications_in_the_order_of_arrival(region, group):
    places = region.wait(group, 3)
    page = queue(region, group)
    assert [item["application_id"] for item in page["items"]] == [place.application_id for place in places]
    assert [(item["status"], item["position"]) for item in page["items"]] == [
        ("submitted", None),
        ("submitted", None),
        ("waitlisted", 1),
    ]
    assert page["items"][0]["decide_by"] == region.seen(places[0])["decide_by"]
    assert page["next_cursor"] is None


def test_the_queue_comes_in_pages_and_by_status(region, group):
    places = region.wait(group, 5)
    read, cursor = [], None
    for expected in (2, 1):
        page = queue(region, group, status="waitlisted", limit=2, cursor=cursor)
        assert len(page["items"]) == expected
        read += [item["application_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (read, cursor) == ([place.application_id for place in places[2:]], None)
    other = queue(region, group, limit=2)["next_cursor"]
    with pytest.raises(InvalidInput, match="invalid_cursor"):
        queue(region, group, status="waitlisted", cursor=other)


def test_another_provider_finds_neither_the_group_nor_its_applications(region, group):
    (place,) = region.wait(group)
    stranger = region.manager(region.group())
    with pytest.raises(NotFound, match="group_not_found"):
        region.ask(stranger, "list_group_applications", {"group_id": group["group_id"]})
    for method, fields in (
        ("confirm_application", {}),
        ("enrol_application", {"order_number": "17-у"}),
        ("refuse_application", {"reason": "no_documents"}),
        ("withdraw_enrollment", {"reason": "health"}),
    ):
        with pytest.raises(NotFound, match="application_not_found"):
            region.do(method, place, stranger, **fields)
    assert region.status(place) == ("submitted", None)


def test_a_teacher_and_a_family_do_not_decide(region, group):
    (place,) = region.wait(group)
    for caller in (region.teacher(group), place.family.guardian):
        with pytest.raises(Forbidden):
            region.do("confirm_application", place, caller)


def test_a_confirmed_child_is_enrolled_by_an_order(region, group):
    (place,) = region.wait(group)
    confirmed = region.decide("confirm_application", place)
    assert (confirmed["status"], confirmed["decide_by"]) == ("confirmed", None)
    region.later(days=1)
    enrolled = region.decide("enrol_application", place, order_number="17-у")
    assert (enrolled["status"], enrolled["order_number"]) == ("enrolled", "17-у")
    assert region.told(place) == [("application.submitted", 1), ("application.confirmed", 2), ("enrolled", 3)]
    said = region.data_of(place, "enrolled.v1")
    assert said["enrolled_on"] == region.local_today().isoformat()
    assert said["accepted_by"] == place.family.guardian.subject
    assert [lesson["number"] for lesson in said["lessons"]] == list(range(2, 9))
    assert region.seats(group) == (2, 1, 0)


def test_an_order_needs_a_confirmation_first_and_nothing_is_decided_twice(region, group):
    (place,) = region.wait(group)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.decide("enrol_application", place, order_number="17-у")
    region.decide("confirm_application", place)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.decide("confirm_application", place)
    region.decide("enrol_application", place, order_number="17-у")
    for method, fields in (
        ("enrol_application", {"order_number": "18-у"}),
        ("refuse_application", {"reason": "no_documents"}),
    ):
        with pytest.raises(Conflict, match="transition_not_allowed"):
            region.decide(method, place, **fields)


def test_a_refusal_gives_its_reason_and_the_place_to_the_next(region, group):
    first, _second, waiting = region.wait(group, 3)
    refused = region.decide("refuse_application", first, reason="contraindicated")
    assert (refused["status"], refused["reason"]) == ("cancelled", "contraindicated")
    said = region.data_of(first, "application.cancelled.v1")
    assert (said["by"], said["reason"]) == ("provider", "contraindicated")
    assert region.status(waiting) == ("offered", None)
    assert region.seats(group) == (2, 2, 0)


def test_a_reason_outside_the_list_is_refused(region, group):
    (place,) = region.wait(group)
    with pytest.raises(InvalidInput):
        region.decide("refuse_application", place, reason="changed_mind")


def test_a_place_is_held_for_seven_working_days_of_the_russian_calendar(region, group):
    region.set_clock(datetime(2026, 12, 29, 4, tzinfo=UTC))
    held = region.group(admission="review")
    (place,) = region.wait(held)
    last = datetime(2027, 1, 18, 16, tzinfo=UTC)
    assert region.seen(place)["decide_by"] == last.isoformat(), "30.12, 11.01 to 15.01 and 18.01, to its end in Irkutsk"


def test_an_application_that_nobody_decides_about_lapses_at_its_deadline(region, group):
    first, _second, waiting = region.wait(group, 3)
    deadline = datetime.fromisoformat(region.seen(first)["decide_by"])
    region.set_clock(deadline)
    with pytest.raises(RuleViolated, match="place_deadline_passed"):
        region.decide("confirm_application", first)
    region.work("lapse_places")
    assert region.status(first) == ("cancelled", "not_confirmed_in_time")
    assert region.data_of(first, "application.cancelled.v1")["by"] == "system"
    assert region.status(waiting) == ("offered", None)
    assert region.seats(group) == (2, 1, 0)


def test_a_confirmed_place_has_no_deadline(region, group):
    (place,) = region.wait(group)
    region.decide("confirm_application", place)
    region.later(days=20)
    region.work("lapse_places")
    assert region.status(place) == ("confirmed", None)


def test_a_suspended_provider_takes_no_new_children(region, group):
    first, second = region.wait(group, 2)
    region.decide("confirm_application", first)
    region.provider(group, "suspended", version=1)
    family = region.family()
    with pytest.raises(RuleViolated, match="provider_suspended"):
        region.apply(family, group)
    with pytest.raises(RuleViolated, match="provider_suspended"):
        region.decide("confirm_application", second)
    with pytest.raises(RuleViolated, match="provider_suspended"):
        region.decide("enrol_application", first, order_number="17-у")
    region.provider(group, "active", version=2)
    region.provider(group, "suspended", version=1)
    assert region.decide("confirm_application", second)["status"] == "confirmed", "the older word does not count"


def test_an_order_without_lessons_ahead_is_refused(region, group):
    (place,) = region.wait(group)
    region.decide("confirm_application", place)
    region.later(days=50)
    with pytest.raises(RuleViolated, match="no_lessons_left"):
        region.decide("enrol_application", place, order_number="17-у")
