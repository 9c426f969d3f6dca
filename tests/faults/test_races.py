"""Who comes at the same moment is served as if they had come one after the other: no seat twice, no effect twice.

Every process is doubled. A prober looks at the money every 200 ms during all of it; after each race all sums are
compared, and no request may have taken longer than ten seconds.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from families import Family, Person, new_key
from races import (
    CROWD,
    DAILY,
    REVIEWED,
    at_once,
    count,
    each_round,
    emitted,
    made,
    new_child,
    offer,
    one_was_served,
    own_groups,
    repeated,
    resize,
    seats,
    send,
    side_by_side,
    told,
)
from town import Town

pytestmark = pytest.mark.usefixtures("adding_up")


@repeated(2, 20)
def test_of_fifty_families_one_gets_the_last_place_and_the_others_wait_in_the_order_of_arrival(
    town: Town, crowd: list[Family], provider: Person, rounds: int
) -> None:
    groups = [group for group in own_groups(provider) if group["group_id"] != DAILY]
    for number in each_round(town, rounds):
        group = groups[number % len(groups)]
        resize(town, provider, group["group_id"], seats(town, group["group_id"]).taken + 1)
        answers = all_apply(crowd, group["group_id"])
        assert Counter(answer["status"] for answer in answers) == {"enrolled": 1, "waitlisted": CROWD - 1}
        position = {answer["application_id"]: answer["position"] for answer in answers}
        line = waiting_line(provider, group["group_id"])
        assert [position[application_id] for application_id in line] == list(range(1, CROWD))
        full = seats(town, group["group_id"])
        assert (full.taken, full.waiting) == (full.capacity, CROWD - 1)
        all_leave(crowd, answers)
        empty = seats(town, group["group_id"])
        assert (empty.taken, empty.waiting) == (full.taken - 1, 0)
        resize(town, provider, group["group_id"], group["capacity"])


def all_apply(crowd: list[Family], group_id: str) -> list[dict[str, Any]]:
    """With an offer in hand, everybody at once."""
    offers = side_by_side([partial(offer, family, family.known["child_id"], group_id) for family in crowd])
    wanted = zip(crowd, offers, strict=True)
    return at_once([partial(made, family, "POST", "/applications", body) for family, body in wanted])


def all_leave(crowd: list[Family], applications: list[dict[str, Any]]) -> None:
    """First those who wait, so that nobody moves up."""
    for status, step in (("waitlisted", "cancellation"), ("enrolled", "withdrawal")):
        side_by_side(
            [
                partial(
                    made, family, "POST", f"/applications/{each['application_id']}/{step}", {"reason": "found_another"}
                )
                for family, each in zip(crowd, applications, strict=True)
                if each["status"] == status
            ]
        )


def waiting_line(provider: Person, group_id: str) -> list[str]:
    """Applications in the group's waiting list, in the order of their arrival."""
    path, wanted = f"/provider/groups/{group_id}/applications", {"status": "waitlisted", "limit": 100}
    return [each["application_id"] for each in provider.ask("GET", path, params=wanted)["items"]]


@repeated(5, 20)
def test_a_family_s_cancellation_and_the_provider_s_refusal_at_once_free_the_seat_once(
    town: Town, family: Family, provider: Person, rounds: int
) -> None:
    for _ in each_round(town, rounds):
        body = offer(family, new_child(family), REVIEWED)
        before = seats(town, REVIEWED).taken
        application = made(family, "POST", "/applications", body)
        assert (application["status"], seats(town, REVIEWED).taken) == ("submitted", before + 1)
        application_id = application["application_id"]
        paths = f"/applications/{application_id}/cancellation", f"/provider/applications/{application_id}/refusal"
        answers = at_once(
            [
                partial(send, family, "POST", paths[0], {"reason": "found_another"}),
                partial(send, provider, "POST", paths[1], {"reason": "no_documents"}),
            ]
        )
        one_was_served(answers, "cancelled")
        assert seats(town, REVIEWED).taken == before
        assert emitted(town, "application.cancelled", application_id) == 1


@repeated(1, 5)
def test_the_same_key_sixty_four_times_at_once_has_one_effect(town: Town, family: Family, rounds: int) -> None:
    for _ in each_round(town, rounds):
        child_id = new_child(family)
        body, key = offer(family, child_id, DAILY), new_key()
        headers = {**family.headers, "Idempotency-Key": key}
        answers = at_once([partial(family.door.once, "POST", "/applications", json=body, headers=headers)] * 64)
        assert {told(answer) for answer in answers} <= {(201, ""), (409, "operation_in_flight"), (503, "unavailable")}
        whole = [answer.json() for answer in answers if answer is not None and answer.ok]
        again = family.ask("POST", "/applications", body, key)
        assert all(answer == again for answer in whole)
        assert count(town, "enrollment", "application", child_id) == 1
        for kind in ("application.submitted", "enrolled"):
            assert emitted(town, kind, again["application_id"]) == 1, kind
