"""Events: one effect for each, whatever dies, repeats or fails on the way."""

import signal
import time
from typing import Any

import pytest
from market.world import World, name, new_event, wait_for

from chassis.database import COLLISIONS_MAX


def test_a_process_asked_to_stop_finishes_its_handler_with_one_effect_and_one_acknowledgement(world: World) -> None:
    basket = name()
    event_id = world.placed(basket, {"sleep": 3})
    wait_for(lambda: world.attempts(event_id) == 1)
    assert world.stock.term() == 0
    assert world.effects(basket) == 1
    assert world.waiting() == 0
    world.revive()
    assert world.attempts(event_id) == 1
    assert world.redeliveries(event_id) == 0


@pytest.mark.parametrize(("moment", "attempts"), [("die_after_commit", 1), ("die", 2)])
def test_kill_9_between_effect_and_acknowledgement_leaves_one_effect(world: World, moment: str, attempts: int) -> None:
    basket = name()
    event_id = world.placed(basket, {moment: 1})
    assert world.stock.wait() == -signal.SIGKILL
    assert world.effects(basket) == 2 - attempts
    wait_for(lambda: world.waiting() == 1)
    world.stock.start()
    wait_for(lambda: world.redeliveries(event_id) == 1 and world.waiting() == 0, 30)
    wait_for(lambda: world.effects(basket) == 1)
    world.stock.ready()
    assert world.attempts(event_id) == attempts


def test_a_connection_lost_between_effect_and_acknowledgement_leaves_one_effect(world: World) -> None:
    basket = name()
    event_id = world.placed(basket, {"sleep": 6})
    wait_for(lambda: world.attempts(event_id) == 1)
    assert world.cut("stock")
    wait_for(lambda: len(world.applied(event_id)) >= 2, 15)
    wait_for(lambda: world.waiting() == 0)
    assert world.effects(basket) == 1
    assert world.attempts(event_id) == 1


def test_a_message_published_five_times_again_has_one_effect(world: World) -> None:
    basket = name()
    event_id = world.placed(basket)
    wait_for(lambda: world.effects(basket) == 1)
    world.publish(*[world.published(event_id)] * 5)
    wait_for(lambda: len(world.applied(event_id)) == 6)
    assert world.effects(basket) == 1


def test_without_the_inbox_s_unique_key_each_copy_would_have_an_effect(world: World) -> None:
    basket = name()
    event_id = world.placed(basket)
    wait_for(lambda: world.effects(basket) == 1)
    world.change("stock", "ALTER TABLE inbox DROP CONSTRAINT pk_inbox")
    try:
        world.publish(*[world.published(event_id)] * 5)
        wait_for(lambda: len(world.applied(event_id)) == 6)
        assert world.effects(basket) == 6
    finally:
        world.change(
            "stock",
            "DELETE FROM inbox WHERE event_id = :event_id",
            "ALTER TABLE inbox ADD CONSTRAINT pk_inbox PRIMARY KEY (occurred_at, handler, event_id)",
            event_id=event_id,
        )


def test_a_handler_that_fails_three_times_has_its_effect_in_the_fourth(world: World) -> None:
    basket = name()
    event_id = world.placed(basket, {"fail": 3})
    wait_for(lambda: world.effects(basket) == 1, 15)
    assert world.attempts(event_id) == 4
    (row,) = world.inbox(event_id)
    assert (row.state, row.attempts, row.message) == ("done", 3, None)


def test_what_fails_for_ever_is_parked_with_its_reason_and_the_queue_flows_on(world: World) -> None:
    basket = name()
    event_id = world.placed(basket, {"fail": 99})
    wait_for(lambda: world.attempts(event_id) == 1)
    world.placed(basket)
    wait_for(lambda: world.effects(basket) == 1)
    wait_for(lambda: [row.state for row in world.inbox(event_id)] == ["parked"], 15)
    (row,) = world.inbox(event_id)
    assert row.error == "RuntimeError: as wished"
    assert row.message["subject"] == basket
    assert world.attempts(event_id) == 4
    assert world.effects(basket) == 1


def test_an_event_that_meets_held_locks_is_tried_at_the_first_delay_until_they_are_free_and_never_parked(
    world: World,
) -> None:
    basket, collisions = name(), 1 + COLLISIONS_MAX + 8
    event_id = world.placed(basket, {"collide": collisions})
    wait_for(lambda: world.effects(basket) == 1, 40)
    (row,) = world.inbox(event_id)
    assert (row.state, row.attempts) == ("done", 0)
    assert world.attempts(event_id) == collisions + 1


def test_a_delivery_that_kills_the_process_five_times_is_parked(world: World) -> None:
    basket = name()
    event_id = world.placed(basket, {"die": 99})
    deaths = 0
    while not world.inbox(event_id):
        assert world.stock.wait() == -signal.SIGKILL
        deaths += 1
        assert deaths <= 5
        world.stock.start()
        wait_for(lambda: not world.stock.running or world.inbox(event_id), 30, every=0.2)
    assert deaths == 5
    (row,) = world.inbox(event_id)
    assert row.state == "parked"
    assert "ended the process 5 times" in row.error
    world.placed(basket)
    wait_for(lambda: world.effects(basket) == 1, 30)
    assert world.stock.running


@pytest.mark.parametrize("user_id", [None, "admin"])
def test_an_event_from_another_user_than_its_producer_is_parked_without_effect(
    world: World, user_id: str | None
) -> None:
    basket, message_id = name(), name("message")
    world.publish(new_event(basket), user="", user_id=user_id, message_id=message_id)
    wait_for(lambda: world.inbox(message_id))
    (row,) = world.inbox(message_id)
    assert row.state == "parked"
    assert "instead of 'orders'" in row.error
    assert world.effects(basket) == 0


def malformed(case: str) -> tuple[tuple[bytes, dict[str, Any]], dict[str, Any]]:
    body, headers = new_event(name(), {"sleep": 0})
    different: dict[str, tuple[bytes, dict[str, Any], dict[str, Any]]] = {
        "not JSON": (b"<order/>", {}, {}),
        "not UTF-8": (b'{"basket_id": "\xff"}', {}, {}),
        "empty": (b"", {}, {}),
        "a list": (b"[]", {}, {}),
        "1 MiB of rubbish": (b"x" * 1_048_576, {}, {}),
        "deeply nested": (b'{"a":' * 5000 + b"1" + b"}" * 5000, {}, {}),
        "a NUL in the body": (b'{"basket_id": "a\\u0000b", "quantity": 1, "wish": {}}', {}, {}),
        "wrong content type": (body, {}, {"content_type": "text/plain"}),
        "no content type": (body, {}, {"content_type": None}),
        "unknown type": (body, {"ce-type": "orders.lost.v1"}, {}),
        "unknown version": (body, {"ce-type": "orders.placed.v2"}, {}),
        "no time": (body, {"ce-time": None}, {}),
        "no such time": (body, {"ce-time": "yesterday"}, {}),
        "no such number": (body, {"version": "first"}, {}),
        "too great a number": (body, {"version": "99999999999999999999"}, {}),
        "a NUL in the id": (body, {"ce-id": "a\0b"}, {}),
        "a NUL in another header": (b"rubbish", {"x-note": "a\0b"}, {}),
        "no headers": (body, dict.fromkeys(headers), {}),
        "says that it is compressed": (b"rubbish", {"compression": "zlib"}, {}),
        "breaks its schema": (b'{"basket_id": "x", "quantity": "many", "wish": {}}', {}, {}),
    }
    body, changes, properties = different[case]
    return (body, {key: value for key, value in (headers | changes).items() if value is not None}), properties


@pytest.mark.parametrize(
    "case",
    [
        *("not JSON", "not UTF-8", "empty", "a list", "1 MiB of rubbish", "deeply nested", "a NUL in the body"),
        *("wrong content type", "no content type", "unknown type", "unknown version", "no time", "no such time"),
        *("no such number", "too great a number", "a NUL in the id", "a NUL in another header", "no headers"),
        *("says that it is compressed", "breaks its schema"),
    ],
)
def test_a_malformed_event_is_parked_and_the_process_lives(world: World, case: str) -> None:
    before, basket = world.stock.pid, name()
    event, properties = malformed(case)
    message_id = event[1].get("ce-id", "") if case == "breaks its schema" else name("message")
    world.publish(event, message_id=message_id, **properties)
    wait_for(lambda: [row.state for row in world.inbox(message_id)] == ["parked"])
    assert world.inbox(message_id)[0].attempts <= 1
    world.placed(basket)
    wait_for(lambda: world.effects(basket) == 1)
    assert world.stock.running
    assert world.stock.pid == before


def test_rubbish_is_kept_as_it_came_up_to_64_kib(world: World) -> None:
    message_id = name("message")
    world.publish((b"\x00\xff" * 100_000, {"x-note": "as it came"}), message_id=message_id)
    wait_for(lambda: world.inbox(message_id))
    (row,) = world.inbox(message_id)
    assert row.message["headers"]["x-note"] == "as it came"
    assert len(row.message["body_base64"]) == 4 * -(-65_536 // 3)


def test_slow_handlers_leave_room_for_calls(world: World) -> None:
    baskets = [name() for _ in range(8)]
    event_ids = [world.placed(basket, {"sleep": 3}) for basket in baskets]
    wait_for(lambda: sum(world.attempts(event_id) for event_id in event_ids) >= 4)
    time.sleep(0.5)
    began_at = time.monotonic()
    assert world.ask("stock", "report", {"size": 10})["error"] is None
    assert time.monotonic() - began_at < 1.5
    wait_for(lambda: all(world.effects(basket) == 1 for basket in baskets), 20)


def test_a_stop_under_load_leaves_what_has_not_begun_to_the_next_process(world: World) -> None:
    baskets = [name() for _ in range(40)]
    world.publish(*(new_event(basket, {"sleep": 0.4}) for basket in baskets))
    wait_for(lambda: world.stock.logged("order_heard")[-1]["basket_id"] in baskets)
    began_at = time.monotonic()
    assert world.stock.term() == 0
    assert time.monotonic() - began_at < 3
    done = sum(world.effects(basket) for basket in baskets)
    assert done < 40
    wait_for(lambda: world.waiting() == 40 - done)
    world.revive()
    wait_for(lambda: all(world.effects(basket) == 1 for basket in baskets), 30, every=0.3)
    assert world.waiting() == 0
