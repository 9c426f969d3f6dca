"""Idempotent commands: one key, one effect, one answer."""

import time
from typing import Any

import pytest
from market.world import World, name, wait_for

from chassis import commands

METHODS = ("place_order", "place_together")


def refusal(reply: dict[str, Any]) -> tuple[str, str]:
    return reply["error"]["exc_type"], reply["error"]["exc_args"][0]


def test_64_copies_of_one_key_at_once_have_one_effect_and_one_answer(world: World) -> None:
    basket, key = name(), name("key")
    fields = {"basket_id": basket, "wish": {"sleep": 0.3}}
    sent = [
        world.client.send("orders", "place_order", fields, token=world.token, key=key, timeout_seconds=10)
        for _ in range(64)
    ]
    replies = [world.client.reply_to(each, "place_order", 10) for each in sent]
    answers = [reply["result"] for reply in replies if reply["error"] is None]
    refused = [refusal(reply) for reply in replies if reply["error"] is not None]
    assert answers
    assert all(answer == answers[0] for answer in answers)
    assert set(refused) == {("Conflict", "operation_in_flight")}
    assert world.purchases(basket) == 1


def test_a_repeat_gets_the_stored_answer(world: World) -> None:
    basket, key = name(), name("key")
    first = world.place(basket, key=key)
    world.placed(basket)
    assert world.place(basket, key=key) == first
    assert first["result"]["version"] == 1
    assert world.purchases(basket) == 2


def test_the_same_key_with_another_request_is_refused(world: World) -> None:
    basket, other, key = name(), name(), name("key")
    assert world.place(basket, key=key)["error"] is None
    assert refusal(world.place(other, key=key)) == ("RuleViolated", "idempotency_key_reused")
    assert (world.purchases(basket), world.purchases(other)) == (1, 0)


def test_a_refusal_is_stored_and_repeated_with_its_details(world: World) -> None:
    basket, key = name(), name("key")
    first = world.place(basket, orders_wish={"refuse": True}, key=key)
    assert first["error"]["exc_type"] == "RuleViolated"
    assert first["error"]["exc_args"] == ["sold_out", "There is nothing left.", {"basket": "full"}]
    assert world.purchases(basket) == 0
    changed = """UPDATE command SET answer = jsonb_set(answer, '{message}', '"As it was stored."') WHERE key = :key"""
    world.change("orders", changed, key=key)
    again = world.place(basket, orders_wish={"refuse": True}, key=key)
    assert again["error"]["exc_args"] == ["sold_out", "As it was stored.", {"basket": "full"}]


def test_a_refusal_that_is_returned_keeps_the_work_and_its_events_once(world: World) -> None:
    basket, key = name(), name("key")
    first = world.place(basket, orders_wish={"refuse_and_keep": True}, key=key)
    assert refusal(first) == ("RuleViolated", "kept_back")
    again = world.place(basket, orders_wish={"refuse_and_keep": True}, key=key)
    assert again["error"]["exc_args"] == first["error"]["exc_args"]
    assert world.purchases(basket) == 1
    wait_for(lambda: world.effects(basket) == 1)


def test_a_bug_leaves_no_answer_behind(world: World) -> None:
    basket, key = name(), name("key")
    reply = world.place(basket, orders_wish={"bug": True}, key=key)
    assert (reply["error"]["exc_type"], reply["error"]["exc_args"]) == ("Broken", [])
    assert world.place(basket, key=key)["error"] is None
    assert world.purchases(basket) == 1


def test_a_command_without_a_key_is_refused(world: World) -> None:
    basket = name()
    assert refusal(world.place(basket, key="")) == ("InvalidInput", "idempotency_key_missing")
    assert world.purchases(basket) == 0


def test_what_became_of_a_command_can_be_asked(world: World) -> None:
    done, refused, running = name("key"), name("key"), name("key")

    def status(key: str) -> str:
        reply = world.ask("orders", "find_operation", {"key": key}, token=world.token)
        return str(reply["result"]["status"])

    world.place(name(), key=done)
    world.place(name(), orders_wish={"refuse": True}, key=refused)
    slow = {"basket_id": name(), "wish": {"sleep": 1}}
    sent = world.client.send("orders", "place_order", slow, token=world.token, key=running)
    time.sleep(0.3)
    assert [status(key) for key in (done, refused, running, name())] == ["done", "refused", "in_flight", "unknown"]
    world.client.reply_to(sent, "place_order")
    assert status(running) == "done"


def test_an_answer_is_kept_for_a_day_at_least_and_not_for_ever(world: World) -> None:
    basket, day, week = name(), name("key"), name("key")
    first = world.place(basket, key=day)
    world.place(basket, key=week)
    for key, hours in ((day, 25), (week, 73)):
        aged = "UPDATE command SET recorded_at = now() - make_interval(hours => :hours) WHERE key = :key"
        world.change("orders", aged, key=key, hours=hours)
    world.change("orders", str(commands.PURGE))
    assert world.place(basket, key=day) == first
    assert world.purchases(basket) == 2
    assert world.place(basket, key=week)["result"]["version"] == 3
    assert world.purchases(basket) == 3


def test_a_key_counts_for_one_method_alone_and_what_came_last_is_told(world: World) -> None:
    basket, key = name(), name("key")
    fields = {"basket_id": basket}
    answers = [world.ask("orders", method, fields, token=world.token, key=key) for method in METHODS]
    assert [answer["result"]["version"] for answer in answers] == [1, 2]
    again = [world.ask("orders", method, fields, token=world.token, key=key) for method in METHODS]
    assert (again, world.purchases(basket)) == (answers, 2)
    for number in (1, 0, 1):
        last = "UPDATE command SET recorded_at = clock_timestamp() WHERE key = :key AND operation = :operation"
        world.change("orders", last, key=key, operation=METHODS[number])
        told = world.ask("orders", "find_operation", {"key": key}, token=world.token)["result"]
        assert (told["operation"], told["answer"]) == (METHODS[number], answers[number]["result"])


def test_a_fact_that_has_not_arrived_is_fetched_by_its_subject_within_the_command(world: World) -> None:
    basket = name()
    with world.unbound():
        event_id = world.placed(basket)
        reply = world.ask("stock", "reserve", {"basket_id": basket})
    assert reply["result"] == {"quantity": 1}, reply
    assert world.effects(f"reserved {basket}") == 1
    assert world.effects(basket) == 1
    assert world.attempts(event_id) == 1


def test_a_fact_that_does_not_exist_is_not_found(world: World) -> None:
    reply = world.ask("stock", "reserve", {"basket_id": name()})
    assert refusal(reply) == ("NotFound", "basket_not_found")


@pytest.mark.parametrize("wish", ["refuse", "bug"])
def test_what_is_rolled_back_announces_nothing(world: World, wish: str) -> None:
    basket, marker = name(), name()
    with world.overheard() as heard:
        assert world.place(basket, orders_wish={wish: True})["error"] is not None
        event_id = world.placed(marker)
        wait_for(lambda: any(properties.message_id == event_id for properties, _ in heard()))
        assert basket not in {body["basket_id"] for _, body in heard()}
    assert world.rows("orders", "SELECT 1 FROM outbox WHERE subject = :basket", basket=basket) == []
    assert world.effects(basket) == 0
