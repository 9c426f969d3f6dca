"""How applications and enrolments end: by the family, by the provider, by the system."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.errors import Conflict, InvalidInput, NotFound, RuleViolated
from contracts import billing
from enrollment.commands import deadlines


@pytest.fixture
def group(region):
    return region.group(capacity=1)


@pytest.fixture
def pupil(region, group):
    return region.wait(group)[0]


def refuse(region, place, version=2):
    contract_id = region.new_id()
    region.hear(region.contract_event(billing.CONTRACT_REFUSED, place.application_id, contract_id, version, "0.00"))


def test_a_family_gives_up_an_application_before_the_enrolment(region):
    group = region.group(admission="review", capacity=1)
    submitted, _waiting = region.wait(group, 2)
    answer = region.do("cancel_application", submitted, reason="found_another")
    assert (answer["status"], answer["reason"], answer["decide_by"]) == ("cancelled", "found_another", None)
    assert region.told(submitted) == [("application.submitted", 1), ("application.cancelled", 2)]
    said = region.data_of(submitted, "application.cancelled.v1")
    assert (said["by"], said["reason"], said["cancelled_at"]) == ("family", "found_another", region.now().isoformat())
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.do("cancel_application", submitted)


def test_an_enrolment_is_not_cancelled_but_withdrawn(region, group, pupil):
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.do("cancel_application", pupil)
    assert region.status(pupil) == ("enrolled", None)


def test_a_family_withdraws_its_child_today_and_the_seat_is_free(region, group, pupil):
    answer = region.do("withdraw_enrollment", pupil, reason="moved_away")
    today = region.local_today().isoformat()
    assert (answer["status"], answer["ended_on"], answer["reason"]) == ("withdrawn", today, "moved_away")
    assert region.told(pupil)[2:] == [("withdrawn", 3)]
    assert region.data_of(pupil, "withdrawn.v1") == {
        "enrollment_id": pupil.application_id,
        "child_id": pupil.family.child_id,
        "group_id": group["group_id"],
        "programme_id": group["programme_id"],
        "provider_id": group["provider_id"],
        "effective_on": today,
        "withdrawn_at": region.now().isoformat(),
        "by": "family",
        "reason": "moved_away",
    }
    assert region.seats(group) == (1, 0, 0)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.do("withdraw_enrollment", pupil)


def test_after_leaving_a_child_may_come_back(region, group, pupil):
    region.do("withdraw_enrollment", pupil)
    assert region.apply(pupil.family, group)["status"] == "enrolled"


def test_a_child_that_leaves_on_a_later_day_keeps_its_seat_until_that_day_is_over(region, group, pupil):
    (waiting,) = region.wait(group)
    last = region.local_today() + timedelta(days=5)
    answer = region.do("withdraw_enrollment", pupil, effective_on=last.isoformat())
    assert (answer["status"], answer["ended_on"]) == ("enrolled", last.isoformat())
    assert region.data_of(pupil, "withdrawn.v1")["effective_on"] == last.isoformat(), "money is told at once"
    assert region.seats(group) == (1, 1, 1)
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.do("withdraw_enrollment", pupil)

    over = datetime(last.year, last.month, last.day, 16, tzinfo=UTC)
    region.set_clock(over - timedelta(seconds=1))
    region.work()
    assert region.status(pupil) == ("enrolled", "changed_mind")
    region.set_clock(over)
    region.work()
    assert region.status(pupil) == ("withdrawn", "changed_mind")
    assert region.status(waiting) == ("offered", None)
    assert [event for event, _version in region.told(pupil)].count("withdrawn") == 1


@pytest.mark.parametrize("days", [-1, 61])
def test_the_last_day_is_never_in_the_past_nor_after_the_groups_end(region, group, pupil, days):
    today = region.local_today()
    with pytest.raises(RuleViolated) as refused:
        region.do("withdraw_enrollment", pupil, effective_on=(today + timedelta(days=days)).isoformat())
    assert refused.value.code == "withdrawal_date_not_allowed"
    assert refused.value.details == {"earliest_on": today.isoformat(), "latest_on": group["ends_on"].isoformat()}


def test_each_side_gives_its_own_reasons(region, group, pupil):
    with pytest.raises(InvalidInput) as refused:
        region.decide("withdraw_enrollment", pupil, reason="changed_mind")
    assert "no_attendance" in refused.value.details["reason"]
    with pytest.raises(InvalidInput):
        region.do("withdraw_enrollment", pupil, reason="no_attendance")
    with pytest.raises(InvalidInput):
        region.do("withdraw_enrollment", pupil, reason="terms_not_accepted")
    answer = region.decide("withdraw_enrollment", pupil, reason="no_attendance")
    assert (answer["status"], answer["reason"]) == ("withdrawn", "no_attendance")
    assert region.data_of(pupil, "withdrawn.v1")["by"] == "provider"


def test_a_stranger_withdraws_and_cancels_nothing(region, group, pupil):
    stranger = region.family().guardian
    for method in ("withdraw_enrollment", "cancel_application"):
        with pytest.raises(NotFound, match="application_not_found"):
            region.do(method, pupil, stranger)


def test_a_child_that_is_not_enrolled_is_not_withdrawn(region):
    (place,) = region.wait(region.group(admission="review"))
    with pytest.raises(Conflict, match="transition_not_allowed"):
        region.do("withdraw_enrollment", place)


def test_after_the_groups_last_local_day_enrolments_complete_and_the_rest_is_cancelled(region, monkeypatch):
    monkeypatch.setattr(deadlines, "BATCH", 2)
    group = region.group(admission="review", capacity=3)
    enrolled, leaving, confirmed, waiting = region.wait(group, 4)
    for place in (enrolled, leaving, confirmed):
        region.decide("confirm_application", place)
    for place in (enrolled, leaving):
        region.decide("enrol_application", place, order_number="1-у")
    last = group["ends_on"]
    region.do("withdraw_enrollment", leaving, effective_on=last.isoformat())
    over = datetime(last.year, last.month, last.day, 16, tzinfo=UTC)
    region.set_clock(over - timedelta(seconds=1))
    region.work("end_groups")
    assert region.status(enrolled) == ("enrolled", None)

    region.set_clock(over)
    region.work("end_groups")
    assert region.status(enrolled) == ("completed", None)
    assert region.seen(enrolled)["ended_on"] == last.isoformat()
    assert region.data_of(enrolled, "completed.v1")["effective_on"] == last.isoformat()
    assert region.status(leaving) == ("withdrawn", "changed_mind")
    assert region.status(confirmed) == region.status(waiting) == ("cancelled", "no_longer_eligible")
    assert region.seats(group) == (3, 0, 0)
    told = region.told(enrolled)
    region.work()
    assert region.told(enrolled) == told, "a group ends once"


def test_a_group_that_was_prolonged_ends_later(region, group, pupil):
    region.change(group, ends_on=group["ends_on"] + timedelta(days=30))
    region.later(days=62)
    region.work("end_groups")
    assert region.status(pupil) == ("enrolled", None)
    region.later(days=30)
    region.work("end_groups")
    assert region.status(pupil) == ("completed", None)


def test_terms_that_nobody_accepted_end_the_enrolment_on_the_day_of_the_refusal(region, group, pupil):
    (waiting,) = region.wait(group)
    region.later(days=4)
    refuse(region, pupil)
    assert region.status(pupil) == ("withdrawn", "terms_not_accepted")
    said = region.data_of(pupil, "withdrawn.v1")
    assert (said["by"], said["effective_on"]) == ("system", region.local_today().isoformat())
    assert region.seen(pupil)["contract"]["state"] == "refused"
    assert region.seats(group) == (1, 0, 1)
    region.work("offer_places")
    assert region.status(waiting) == ("offered", None)


def test_a_refusal_heard_late_counts_from_its_own_day(region, group, pupil):
    refused_on = region.local_today()
    event = region.contract_event(billing.CONTRACT_REFUSED, pupil.application_id, region.new_id(), 2, "0.00")
    region.later(days=3)
    region.hear(event)
    assert region.data_of(pupil, "withdrawn.v1")["effective_on"] == refused_on.isoformat()


def test_a_refusal_after_the_child_has_left_changes_nothing(region, group, pupil):
    region.do("withdraw_enrollment", pupil)
    told = region.told(pupil)
    refuse(region, pupil)
    refuse(region, pupil, version=3)
    assert region.told(pupil) == told
    assert region.status(pupil) == ("withdrawn", "changed_mind")


def test_a_refusal_of_an_enrolment_that_nobody_knows_is_stored_and_nothing_else(region):
    enrollment_id = region.new_id()
    region.hear(region.contract_event(billing.CONTRACT_REFUSED, enrollment_id, region.new_id(), 2, "0.00"))
    assert region.events() == []
    stored = region.sql("SELECT state FROM contract WHERE enrollment_id = :id", id=enrollment_id)
    assert stored == [("refused",)]


def test_a_closed_contract_stays_in_sight(region, group, pupil):
    contract_id = region.new_id()
    for contract, version in ((billing.CONTRACT_CLOSED, 3), (billing.CONTRACT_ACTIVATED, 2)):
        region.hear(region.contract_event(contract, pupil.application_id, contract_id, version, "100.00"))
    shown = region.seen(pupil)["contract"]
    assert (shown["contract_id"], shown["state"]) == (contract_id, "closed")


def test_a_child_of_four_and_one_of_eighteen_are_not_taken_whatever_the_group_says(region):
    group = region.group(age_min=3, age_max=18)
    today = region.local_today()
    five = date(today.year - 5, today.month, today.day)
    for born_on in (five + timedelta(days=1), date(today.year - 18, today.month, today.day)):
        with pytest.raises(RuleViolated) as refused:
            region.apply(region.family(born_on=born_on), group)
        assert refused.value.code == "age_not_fit"
        assert (refused.value.details["age_min"], refused.value.details["age_max"]) == ("5", "17")
    assert region.apply(region.family(born_on=five), group)["status"] == "enrolled"
