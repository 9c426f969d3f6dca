"""Two who want the same thing at the same instant."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, RuleViolated
from chassis.testing import wait_for

ROUNDS = 6


@pytest.fixture
def at_once():
    """Run all jobs at the same instant: their answers or refusals, in the order of the jobs."""

    def run_all(*jobs):
        barrier = Barrier(len(jobs))

        def run(job):
            barrier.wait()
            try:
                return job()
            except (Conflict, RuleViolated) as refusal:
                return refusal

        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(run, jobs))

    return run_all


def codes(answers):
    return [answer.code for answer in answers if isinstance(answer, Conflict | RuleViolated)]


def test_a_family_cancels_while_the_provider_refuses_and_the_seat_comes_back_once(region, at_once):
    for _ in range(ROUNDS):
        group = region.group(admission="review", capacity=1)
        place, first, second = region.wait(group, 3)
        answers = at_once(
            partial(region.do, "cancel_application", place),
            partial(region.decide, "refuse_application", place, reason="no_documents"),
        )
        assert codes(answers) == ["transition_not_allowed"]
        assert region.seats(group) == (1, 1, 1)
        assert (region.status(first)[0], region.status(second)[0]) == ("offered", "waitlisted")
        assert [event for event, _ in region.told(place)].count("application.cancelled") == 1


def test_a_family_withdraws_while_the_provider_does_and_the_enrolment_ends_once(region, at_once):
    for _ in range(ROUNDS):
        group = region.group(capacity=1)
        place, _first, second = region.wait(group, 3)
        answers = at_once(
            partial(region.do, "withdraw_enrollment", place),
            partial(region.decide, "withdraw_enrollment", place, reason="health"),
        )
        assert codes(answers) == ["transition_not_allowed"]
        assert region.seats(group) == (1, 1, 1)
        assert region.status(second)[0] == "waitlisted"
        assert [event for event, _ in region.told(place)].count("withdrawn") == 1


def test_a_place_is_taken_at_the_instant_at_which_it_lapses(region, at_once):
    """The clock goes on between the two: whoever is first decides, and there is one outcome."""
    outcomes = Counter()
    for _ in range(ROUNDS):
        group = region.group(capacity=1)
        leaver, first, second = region.wait(group, 3)
        region.do("withdraw_enrollment", leaver)
        start = region.later(days=3, seconds=-1)

        def lapse(instant=start):
            region.set_clock(instant.replace(microsecond=0))
            region.later(seconds=1)
            region.work("lapse_places")

        answers = at_once(partial(region.do, "accept_place", first), lapse)
        region.work("lapse_places")  # the first round passes over a group that is held
        taken = not isinstance(answers[0], Conflict | RuleViolated)
        assert region.status(first) == (("enrolled", None) if taken else ("cancelled", "place_not_taken_in_time"))
        assert region.status(second)[0] == ("waitlisted" if taken else "offered")
        assert region.seats(group) == (1, 1, 1 if taken else 0)
        outcomes[taken] += 1
    assert sum(outcomes.values()) == ROUNDS


def test_capacity_is_raised_while_a_child_leaves_and_each_seat_is_offered_once(region, at_once):
    for _ in range(ROUNDS):
        group = region.group(capacity=1)
        leaver, *waiting = region.wait(group, 4)
        at_once(
            partial(region.do, "withdraw_enrollment", leaver),
            partial(region.change, group, capacity=2),
            partial(region.work, "offer_places"),
        )
        region.work("offer_places")
        assert [region.status(place)[0] for place in waiting] == ["offered", "offered", "waitlisted"]
        assert region.seats(group) == (2, 2, 1)
        offered = [event.subject for event in region.events("application.offered.v1")][-2:]
        assert offered == [place.application_id for place in waiting[:2]]


def test_one_child_applies_twice_to_one_module_while_its_draft_is_sent_and_gets_one_place(region, at_once):
    for _ in range(ROUNDS):
        soon = region.group(opens_at=region.later(seconds=60))
        region.set_clock(region.now() - timedelta(seconds=60))
        other = region.group(module_id=soon["module_id"])
        family = region.family()
        offer_id = region.offer(family, soon)
        body = {"child_id": family.child_id, "group_id": soon["group_id"], "offer_id": offer_id, "draft": True}
        draft = region.ask(family.guardian, "submit_application", body)["application_id"]
        second_offer = region.offer(family, other)
        region.later(seconds=60)
        answers = at_once(
            partial(region.apply, family, other, second_offer),
            partial(region.ask, family.guardian, "send_draft", {"application_id": draft}),
            partial(region.work, "send_drafts"),
        )
        live = "SELECT count(*) FROM application WHERE child_id = :child AND status = 'enrolled'"
        assert region.sql(live, child=family.child_id) == [(1,)]
        assert set(codes(answers)) <= {"already_enrolled", "transition_not_allowed"}
        assert region.seats(soon)[1] + region.seats(other)[1] == 1


def test_the_same_deadline_work_in_several_processes_has_one_effect_on_each_application(region, at_once):
    groups = [region.group(admission="review", capacity=2) for _ in range(3)]
    places = [place for group in groups for place in region.wait(group, 3)]
    region.later(days=20)
    region.work("end_groups", "offer_places")
    at_once(*[partial(region.work, "lapse_places")] * 4)
    for place in places:
        told = [event for event, _version in region.told(place)]
        assert told.count("application.cancelled") + told.count("application.offered") == 1
    assert [region.seats(group) for group in groups] == [(2, 1, 0)] * 3


def test_newcomers_at_the_opening_never_overtake_a_draft(region, at_once):
    soon = region.group(capacity=2, opens_at=region.later(seconds=60))
    region.set_clock(region.now() - timedelta(seconds=60))
    families = [region.family() for _ in range(4)]
    drafts = []
    for family in families:
        offer_id = region.offer(family, soon)
        body = {"child_id": family.child_id, "group_id": soon["group_id"], "offer_id": offer_id, "draft": True}
        drafts.append(region.ask(family.guardian, "submit_application", body)["application_id"])
    newcomers = [region.family() for _ in range(6)]
    offers = [region.offer(family, soon) for family in newcomers]
    region.later(seconds=60)
    jobs = [partial(region.apply, family, soon, offer) for family, offer in zip(newcomers, offers, strict=True)]
    answers = at_once(*jobs, partial(region.work, "send_drafts"), partial(region.work, "send_drafts"))

    seen = [
        region.ask(family.guardian, "get_application", {"application_id": draft})
        for family, draft in zip(families, drafts, strict=True)
    ]
    assert [(each["status"], each["position"]) for each in seen] == [
        ("enrolled", None),
        ("enrolled", None),
        ("waitlisted", 1),
        ("waitlisted", 2),
    ]
    assert sorted(answer["position"] for answer in answers[:6]) == list(range(3, 9))
    assert region.seats(soon) == (2, 2, 8)


def test_every_free_seat_is_offered_once_while_many_leave_and_many_come(region, at_once):
    group = region.group(capacity=6)
    seated = region.wait(group, 6)
    waiting = region.wait(group, 4)
    newcomers = [region.family() for _ in range(4)]
    offers = [region.offer(family, group) for family in newcomers]
    leave = [partial(region.do, "withdraw_enrollment", place) for place in seated]
    come = [partial(region.apply, family, group, offer) for family, offer in zip(newcomers, offers, strict=True)]
    answers = at_once(*leave, *come, partial(region.work, "offer_places", "lapse_places"))

    assert codes(answers) == []
    offered = [event.subject for event in region.events("application.offered.v1")]
    assert offered[:4] == [place.application_id for place in waiting], "strictly in the order of arrival"
    order = [
        row[0]
        for row in region.sql(
            "SELECT application_id::text FROM application WHERE group_id = :id AND status = 'offered' ORDER BY arrival",
            id=group["group_id"],
        )
    ]
    assert offered == order
    assert region.seats(group)[1] <= 6
    versions = [event.version for event in region.events("seats.changed.v1")]
    assert versions == list(range(1, len(versions) + 1))


PLACED = """
    INSERT INTO application (region_code, application_id, child_id, group_id, module_id, programme_id, provider_id,
        guardian_id, offer_id, terms_version, status, arrival, submitted_at, version)
    SELECT region_code, gen_random_uuid(), child_id, :group, module_id, programme_id, provider_id, guardian_id,
        gen_random_uuid(), terms_version, 'submitted', 1000, submitted_at, 1 FROM application WHERE application_id = :id
"""
BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'"


def test_a_draft_that_meets_an_application_under_way_waits_for_it_and_gives_way(region):
    soon = region.group(opens_at=region.now() + timedelta(seconds=60))
    other, family = region.group(module_id=soon["module_id"]), region.family()
    body = {"child_id": family.child_id, "group_id": soon["group_id"], "offer_id": region.offer(family, soon)}
    draft = region.ask(family.guardian, "submit_application", {**body, "draft": True})
    region.later(seconds=60)
    with ThreadPoolExecutor(1) as pool:
        with region.transactions.writing() as session:
            session.execute(text(PLACED), {"group": other["group_id"], "id": draft["application_id"]})
            sending = pool.submit(region.work, "send_drafts")
            wait_for(lambda: region.sql(BLOCKED), 10, "the draft to wait for the other application")
        sending.result(10)
    seen = region.ask(family.guardian, "get_application", {"application_id": draft["application_id"]})
    assert (seen["status"], seen["reason"]) == ("cancelled", "no_longer_eligible")
    assert region.seats(soon) == (10, 0, 0)
