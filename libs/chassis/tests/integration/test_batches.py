"""Requests for one command that wait at the same time are decided together, and each as if it had come alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from market import contracts
from market.world import World, name, wait_for

from chassis.context import Actor

SECONDS = 10
SELLER = Actor(subject="99999999-2222-3333-4444-555555555555", role="seller", region_code=contracts.REGION)
Wish = Mapping[str, Any]


def sent(world: World, basket: str, wish: Wish | None = None, **options: Any) -> str:
    """An order on its way."""
    given = {"token": world.token, "key": name("key"), "timeout_seconds": SECONDS} | options
    return world.client.send("orders", "place_together", {"basket_id": basket, "wish": dict(wish or {})}, **given)


def replies(world: World, orders: Sequence[str]) -> list[dict[str, Any]]:
    return [world.client.reply_to(each, "place_together", SECONDS) for each in orders]


def blocked(world: World, seconds: float = 0.7) -> str:
    """Keep the one who decides busy, so that what comes now waits."""
    order = sent(world, name(), {"sleep": seconds})
    wait_for(lambda: world.rows("orders", "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"), 5)
    return order


def refusal(reply: dict[str, Any]) -> tuple[str, str]:
    return reply["error"]["exc_type"], (reply["error"]["exc_args"] or [""])[0]


def versions(answers: Sequence[dict[str, Any]]) -> list[int]:
    return [answer["result"]["version"] for answer in answers if answer["error"] is None]


def transactions(world: World, basket: str) -> int:
    """In how many transactions the basket was filled."""
    query = "SELECT count(DISTINCT xmin::text) FROM purchase WHERE basket_id = :basket"
    return int(world.rows("orders", query, basket=basket)[0][0])


def test_orders_that_wait_at_the_same_time_are_placed_in_one_transaction_in_the_order_in_which_they_came(
    world: World,
) -> None:
    basket = name()
    first = blocked(world)
    answers = replies(world, [sent(world, basket) for _ in range(10)])
    assert versions(answers) == list(range(1, 11))
    assert transactions(world, basket) == 1
    assert replies(world, [first])[0]["error"] is None
    wait_for(lambda: world.effects(basket) == 10, 10)


def test_each_event_of_a_batch_carries_the_trace_of_its_own_request(world: World) -> None:
    baskets = [name() for _ in range(5)]
    blocked(world)
    traces = [f"00-{number:032x}-00000000000000aa-01" for number in range(1, 6)]
    orders = [
        sent(world, basket, headers={"traceparent": trace}) for basket, trace in zip(baskets, traces, strict=True)
    ]
    assert len(versions(replies(world, orders))) == 5
    rows = world.rows(
        "orders", "SELECT subject, traceparent FROM outbox WHERE subject = ANY(:baskets)", baskets=baskets
    )
    assert {row.subject: row.traceparent for row in rows} == dict(zip(baskets, traces, strict=True))


def test_sixty_four_copies_of_one_key_in_one_batch_have_one_effect_and_one_answer(world: World) -> None:
    basket, key = name(), name("key")
    blocked(world)
    answers = replies(world, [sent(world, basket, key=key) for _ in range(64)])
    placed, *others = [answer["result"] for answer in answers if answer["error"] is None]
    assert all(other == placed for other in others)
    assert {refusal(answer) for answer in answers if answer["error"]} <= {("Conflict", "operation_in_flight")}
    assert world.purchases(basket) == 1
    assert replies(world, [sent(world, basket, key=key)])[0]["result"] == placed


def test_in_a_batch_a_known_key_is_answered_as_before_and_one_with_another_request_is_refused(world: World) -> None:
    basket, other, key = name(), name(), name("key")
    (first,) = replies(world, [sent(world, basket, key=key)])
    blocked(world)
    orders = [sent(world, basket), sent(world, basket, key=key), sent(world, basket)]
    new, again, newer = replies(world, orders)
    assert again["result"] == first["result"]
    assert versions([new, newer]) == [2, 3]
    blocked(world)
    orders = [sent(world, other, key=key), sent(world, basket), sent(world, basket, key="")]
    reused, newest, keyless = replies(world, orders)
    assert refusal(reused) == ("RuleViolated", "idempotency_key_reused")
    assert versions([newest]) == [4]
    assert refusal(keyless) == ("InvalidInput", "idempotency_key_missing")


def test_one_bug_among_ten_leaves_the_nine_others_placed_in_their_order(world: World) -> None:
    basket = name()
    blocked(world)
    wishes: list[Wish] = [{"bug": True} if number == 4 else {} for number in range(10)]
    answers = replies(world, [sent(world, basket, wish) for wish in wishes])
    assert refusal(answers[4]) == ("Broken", "")
    assert versions(answers) == list(range(1, 10))
    assert world.purchases(basket) == 9


def test_one_refused_among_ten_is_told_so_with_its_own_name_and_told_the_same_again(world: World) -> None:
    basket, key = name(), name("key")
    blocked(world)
    orders = [
        sent(world, basket, {"return_refusal": True}, key=key) if number == 7 else sent(world, basket)
        for number in range(10)
    ]
    answers = replies(world, orders)
    assert refusal(answers[7]) == ("RuleViolated", "sold_out")
    assert answers[7]["error"]["exc_args"][2] == {"buyer": "11111111-2222-3333-4444-555555555555"}
    assert versions(answers) == list(range(1, 10))
    assert transactions(world, basket) == 1
    assert replies(world, [sent(world, basket, {"return_refusal": True}, key=key)]) == [answers[7]]


def test_a_refusal_that_is_raised_undoes_its_own_order_only(world: World) -> None:
    basket = name()
    blocked(world)
    wishes: list[Wish] = [{}, {"refuse": True}, {}]
    answers = replies(world, [sent(world, basket, wish) for wish in wishes])
    assert refusal(answers[1]) == ("RuleViolated", "sold_out")
    assert versions(answers) == [1, 2]
    assert world.purchases(basket) == 2


def test_who_may_not_order_is_refused_without_harm_to_the_others_of_the_batch(world: World) -> None:
    basket = name()
    blocked(world)
    tokens = [world.token, world.suite.token(SELLER), "", world.token]
    answers = replies(world, [sent(world, basket, token=token) for token in tokens])
    assert refusal(answers[1]) == ("Forbidden", "role_not_allowed")
    assert refusal(answers[2]) == ("Unauthenticated", "token_missing")
    assert versions([answers[0], answers[3]]) == [1, 2]


def test_an_order_whose_buyer_gave_up_while_it_waited_is_not_placed_and_the_others_are(world: World) -> None:
    basket = name()
    blocked(world, 1.5)
    sent(world, basket, timeout_seconds=0.4)
    (answer,) = replies(world, [sent(world, basket)])
    assert versions([answer]) == [1]
    assert world.purchases(basket) == 1


def test_a_batch_whose_process_is_killed_between_commit_and_answers_is_answered_when_it_is_asked_again(
    world: World,
) -> None:
    basket, keys = name(), [name("key") for _ in range(6)]
    blocked(world)
    for key in keys:
        sent(world, basket, {"die_after_commit": True}, key=key, timeout_seconds=1)
    world.ended(world.orders)
    assert world.purchases(basket) == 6
    world.revive()
    answers = replies(world, [sent(world, basket, {"die_after_commit": True}, key=key) for key in keys])
    assert sorted(versions(answers)) == list(range(1, 7))
    assert world.purchases(basket) == 6


def test_whoever_needs_a_fact_that_has_not_arrived_gets_it_and_whoever_needs_one_that_does_not_exist_is_told(
    world: World,
) -> None:
    known = name()
    world.placed(known)
    wait_for(lambda: world.effects(known) == 1, 10)
    with world.unbound():
        unheard, unknown = name(), name()
        world.placed(unheard)
        wanted = [known, unheard, unknown, known]
        orders = [world.client.send("stock", "reserve_together", {"basket_id": each}) for each in wanted]
        answers = [world.client.reply_to(each, "reserve_together", SECONDS) for each in orders]
    assert [answer["result"] for answer in answers] == [{"quantity": 1}, {"quantity": 1}, None, {"quantity": 1}]
    assert refusal(answers[2]) == ("NotFound", "basket_not_found")
    assert [world.effects(f"reserved {each}") for each in (known, unheard, unknown)] == [2, 1, 0]


def test_while_a_crowd_is_being_answered_its_news_wait_and_are_told_soon_afterwards(world: World) -> None:
    basket = name()
    blocked(world)
    assert len(versions(replies(world, [sent(world, basket) for _ in range(20)]))) == 20
    waiting = "SELECT count(*) FROM outbox WHERE subject = :basket AND position IS NULL"
    assert world.rows("orders", waiting, basket=basket)[0][0] == 20
    wait_for(lambda: world.effects(basket) == 20, 10)
