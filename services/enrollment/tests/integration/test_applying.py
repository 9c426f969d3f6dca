"""A family applies for a place."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from chassis.errors import Conflict, NotFound, RuleViolated, Unavailable


def seats(region, group):
    statement = "SELECT capacity, taken, waiting FROM group_seats WHERE group_id = :group"
    return tuple(region.sql(statement, group=group["group_id"])[0])


def at_once(jobs):
    """Run all jobs at the same instant: their answers or refusals, in the order of the jobs."""
    barrier = Barrier(len(jobs))

    def run(job):
        barrier.wait()
        try:
            return job()
        except (Conflict, RuleViolated) as refusal:
            return refusal

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_an_instant_group_enrols_in_the_same_transaction(region):
    family, group = region.family(), region.group()
    answer = region.apply(family, group)

    assert answer["status"] == "enrolled"
    assert answer["title"] == group["title"]
    assert (answer["position"], answer["contract"]) == (None, None)
    assert answer["submitted_at"] == answer["enrolled_at"] == region.now().isoformat()
    assert [(event.type, event.version) for event in region.events()] == [
        ("enrollment.application.submitted.v1", 1),
        ("enrollment.enrolled.v1", 2),
        ("enrollment.seats.changed.v1", 1),
    ]
    assert {event.subject for event in region.events()[:2]} == {answer["application_id"]}
    assert region.events("seats.changed.v1")[0].data == {
        "group_id": group["group_id"],
        "capacity": 10,
        "taken": 1,
        "waiting": 0,
    }


def test_the_enrolment_announces_the_terms_that_count_for_money(region):
    region.set_clock(datetime(2026, 9, 10, 17, tzinfo=UTC))
    family = region.family(municipality_code="25612000")
    days = [date(2026, 9, day) for day in (10, 11, 18)]
    lessons = [region.lesson(number, on) for number, on in enumerate(days, 1)]
    group = region.group(lessons=lessons, terms_version=4)
    offer_id = region.offer(family, group)
    answer = region.apply(family, group, offer_id)

    said = region.events("enrolled.v1")[0].data
    assert said["enrollment_id"] == said["application_id"] == answer["application_id"]
    assert said["enrolled_on"] == "2026-09-11", "it is already the 11th in Irkutsk"
    assert [lesson["number"] for lesson in said["lessons"]] == [2, 3]
    assert said["lessons"][0] == {"lesson_id": lessons[1]["lesson_id"], "number": 2, "on": "2026-09-11"}
    assert said["payer_municipality_code"] == "25612000", "the child's municipality, not the group's"
    assert (said["offer_id"], said["accepted_by"]) == (offer_id, family.guardian.subject)
    assert (said["price"], said["normative_price"]) == (group["price"], group["normative_price"])
    assert (said["terms_version"], said["time_zone"], said["direction"]) == (4, "Asia/Irkutsk", "technical")
    assert (said["group_starts_on"], said["group_ends_on"]) == (
        group["starts_on"].isoformat(),
        group["ends_on"].isoformat(),
    )


def test_a_group_with_review_holds_the_seat_and_does_not_enrol(region):
    group = region.group(admission="review", capacity=1)
    assert region.apply(region.family(), group)["status"] == "submitted"
    assert [event.type for event in region.events()] == [
        "enrollment.application.submitted.v1",
        "enrollment.seats.changed.v1",
    ]
    assert seats(region, group) == (1, 1, 0)
    assert region.apply(region.family(), group)["status"] == "waitlisted"


def test_a_full_group_answers_with_a_position(region):
    group = region.group(capacity=1)
    region.apply(region.family(), group)
    answers = [region.apply(region.family(), group) for _ in range(3)]

    assert [answer["position"] for answer in answers] == [1, 2, 3]
    assert {answer["status"] for answer in answers} == {"waitlisted"}
    assert [event.data["position"] for event in region.events("application.waitlisted.v1")] == [1, 2, 3]
    assert seats(region, group) == (1, 1, 3)


def test_twenty_families_at_once_for_the_last_place_one_holds_it_and_nineteen_wait_in_order(region):
    group = region.group(capacity=3)
    for _ in range(2):
        region.apply(region.family(), group)
    families = [region.family() for _ in range(20)]
    offers = [region.offer(family, group) for family in families]

    answers = at_once(
        [lambda f=family, o=offer: region.apply(f, group, o) for family, offer in zip(families, offers, strict=True)]
    )

    assert Counter(answer["status"] for answer in answers) == {"enrolled": 1, "waitlisted": 19}
    assert sorted(answer["position"] for answer in answers if answer["position"]) == list(range(1, 20))
    assert seats(region, group) == (3, 3, 19)
    waiting = [(event.subject, event.data["position"]) for event in region.events("application.waitlisted.v1")]
    answered = [(a["application_id"], a["position"]) for a in answers if a["position"]]
    assert waiting == sorted(answered, key=lambda each: each[1])
    order = region.sql(
        "SELECT application_id::text FROM application WHERE group_id = :group ORDER BY arrival", group=group["group_id"]
    )
    assert [row[0] for row in order[3:]] == [application_id for application_id, _ in waiting]
    versions = [event.version for event in region.events("seats.changed.v1")]
    assert versions == list(range(1, 23))


def test_one_child_in_two_groups_of_a_module_at_once_gets_one_place(region):
    for _ in range(5):
        family = region.family()
        first = region.group()
        second = region.group(module_id=first["module_id"])
        offers = [region.offer(family, group) for group in (first, second)]
        answers = at_once(
            [
                lambda f=family, g=group, o=offer: region.apply(f, g, o)
                for group, offer in zip((first, second), offers, strict=True)
            ]
        )
        refused = [answer for answer in answers if isinstance(answer, Conflict)]
        assert [refusal.code for refusal in refused] == ["already_enrolled"]
        assert seats(region, first)[1] + seats(region, second)[1] == 1


def test_the_same_key_again_gives_the_same_answer_and_announces_nothing(region):
    family, group = region.family(), region.group()
    offer_id = region.offer(family, group)
    first = region.apply(family, group, offer_id, key="key-1")
    announced = region.events()
    assert region.apply(family, group, offer_id, key="key-1") == first
    assert region.events() == announced
    assert seats(region, group) == (10, 1, 0)


def test_the_same_child_again_is_told_that_it_has_a_place(region):
    family, group = region.family(), region.group()
    region.apply(family, group)
    with pytest.raises(Conflict, match="already_enrolled"):
        region.apply(family, group)
    assert seats(region, group) == (10, 1, 0)


def test_an_offer_is_accepted_once_even_after_its_application_ended(region):
    family, group = region.family(), region.group()
    offer_id = region.offer(family, group)
    answer = region.apply(family, group, offer_id)
    region.ask(family.guardian, "withdraw_enrollment", {"application_id": answer["application_id"]})
    with pytest.raises(RuleViolated, match="offer_already_used"):
        region.apply(family, group, offer_id)


def test_another_familys_child_does_not_exist_for_the_caller(region):
    family, stranger, group = region.family(), region.family(), region.group()
    body = {"child_id": family.child_id, "group_id": group["group_id"], "offer_id": region.offer(family, group)}
    with pytest.raises(NotFound, match="child_not_found"):
        region.ask(stranger.guardian, "submit_application", body)


def test_another_guardians_offer_does_not_exist_for_the_caller(region):
    family, stranger, group = region.family(), region.family(), region.group()
    with pytest.raises(NotFound, match="offer_not_found"):
        region.apply(family, group, region.offer(stranger, group))


@pytest.mark.parametrize(
    ("code", "group", "offer"),
    [
        ("group_closed", {"state": "closed"}, {}),
        ("no_lessons_left", {"lessons": []}, {}),
        ("age_not_fit", {"age_min": 15}, {}),
        ("terms_changed", {"terms_version": 2}, {"terms_version": 1}),
    ],
)
def test_a_refusal_changes_and_announces_nothing(region, code, group, offer):
    family, published = region.family(), region.group(**group)
    with pytest.raises(RuleViolated, match=code):
        region.apply(family, published, region.offer(family, published, **offer))
    assert region.events() == []
    assert seats(region, published) == (10, 0, 0)


def test_an_offer_expires_at_its_instant(region):
    family, group = region.family(), region.group()
    offer_id = region.offer(family, group, expires_at=region.now() + timedelta(seconds=1))
    region.set_clock(region.now() + timedelta(seconds=1))
    with pytest.raises(RuleViolated, match="offer_expired"):
        region.apply(family, group, offer_id)


def test_terms_that_have_not_arrived_yet_are_waited_for_and_the_same_key_then_succeeds(region):
    family, group = region.family(), region.group()
    offer_id = region.offer(family, group, terms_version=2)
    with pytest.raises(Unavailable, match="terms_not_known_yet"):
        region.apply(family, group, offer_id, key="key-2")
    region.change(group, terms_version=2)
    assert region.apply(family, group, offer_id, key="key-2")["status"] == "enrolled"


def test_facts_on_their_way_are_asked_for_and_the_application_then_succeeds(region):
    family = region.unheard_family()
    group = region.group_event()
    offer = region.offer_event(family, group.data)
    region.said += [group, offer]
    assert region.apply(family, group.data, offer.subject)["status"] == "enrolled"


def test_a_group_that_nobody_knows_is_not_found(region):
    family, unknown = region.family(), region.group_event().data
    with pytest.raises(NotFound, match="group_not_found"):
        region.apply(family, unknown)


def test_a_newcomer_does_not_overtake_those_who_wait_when_capacity_is_raised(region):
    group = region.group(capacity=1)
    region.apply(region.family(), group)
    region.apply(region.family(), group)
    raised = region.change(group, capacity=5)
    assert region.apply(region.family(), raised)["position"] == 2
    assert seats(region, group) == (5, 1, 2)


def test_a_lowered_capacity_throws_nobody_out_and_the_next_one_waits(region):
    group = region.group(capacity=3)
    for _ in range(3):
        region.apply(region.family(), group)
    lowered = region.change(group, capacity=1)
    assert seats(region, group) == (1, 3, 0)
    assert region.events("seats.changed.v1")[-1].data["capacity"] == 1
    assert region.apply(region.family(), lowered)["position"] == 1
    assert seats(region, group) == (1, 3, 1)


def test_the_database_itself_refuses_to_oversell(region):
    group = region.group(capacity=1)
    more = "UPDATE group_seats SET taken = taken + 1 WHERE group_id = :group"
    region.sql(more, group=group["group_id"])
    with pytest.raises(IntegrityError, match="no seat left"):
        region.sql(more, group=group["group_id"])
    with pytest.raises(IntegrityError, match="no seat left"):
        region.sql("INSERT INTO group_seats VALUES ('38', gen_random_uuid(), 1, 2)")
    with pytest.raises(IntegrityError, match="taken_not_negative"):
        region.sql("UPDATE group_seats SET taken = -1 WHERE group_id = :group", group=group["group_id"])


def test_the_database_lets_an_overfull_group_empty_but_not_fill(region):
    group = region.group(capacity=3)
    change = "UPDATE group_seats SET {} WHERE group_id = :group"
    region.sql(change.format("taken = 3"), group=group["group_id"])
    region.sql(change.format("capacity = 1"), group=group["group_id"])
    region.sql(change.format("taken = 2"), group=group["group_id"])
    with pytest.raises(IntegrityError, match="no seat left"):
        region.sql(change.format("taken = 3"), group=group["group_id"])
    assert seats(region, group) == (1, 2, 0)


def test_the_database_itself_keeps_one_live_place_per_child_and_module(region):
    family, group = region.family(), region.group()
    answer = region.apply(family, group)
    copy = """
        INSERT INTO application SELECT region_code, gen_random_uuid(), child_id, group_id, module_id, programme_id,
        provider_id, guardian_id, gen_random_uuid(), terms_version, status, arrival + 1, submitted_at, enrolled_at,
        enrolled_on, version, sent FROM application WHERE application_id = :id
    """
    with pytest.raises(IntegrityError, match="uq_application_live"):
        region.sql(copy, id=answer["application_id"])
