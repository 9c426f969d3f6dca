"""Events that have arrived together are handled together, and each as if it had come alone."""

import signal
from collections.abc import Mapping, Sequence
from typing import Any

from market import contracts
from market.world import World, name, new_event, wait_for

from chassis.event_batches import AT_ONCE_MAX, BATCH_MAX

Noted = tuple[bytes, dict[str, Any]]


def noted(basket: str, wish: Mapping[str, Any] | None = None, **headers: Any) -> Noted:
    return new_event(basket, wish, ce_type=contracts.NOTED.type, **headers)


def event_id(event: Noted) -> str:
    return str(event[1]["ce-id"])


def blocked(world: World, seconds: float = 0.6) -> None:
    """Keep all who handle batches busy, so that what comes now waits and is handled together."""
    for _ in range(AT_ONCE_MAX):
        event = noted(name(), {"sleep": seconds})
        world.publish(event)
        wait_for(lambda sent=event: world.attempts(event_id(sent)) == 1, 10)


def transactions(world: World, baskets: Sequence[str]) -> list[int]:
    """How many effects each transaction has that had any of these."""
    query = "SELECT count(*) AS effects FROM effect WHERE mark = ANY(:baskets) GROUP BY xmin::text ORDER BY 1"
    return [row.effects for row in world.rows("stock", query, baskets=list(baskets))]


def all_in_effect(world: World, baskets: Sequence[str], seconds: float = 15) -> None:
    query = "SELECT count(*) FROM effect WHERE mark = ANY(:baskets)"
    wait_for(lambda: world.rows("stock", query, baskets=list(baskets))[0][0] == len(baskets), seconds)


def test_events_that_have_arrived_have_their_effects_in_one_transaction(world: World) -> None:
    baskets = [name() for _ in range(BATCH_MAX)]
    blocked(world)
    world.publish(*map(noted, baskets))
    all_in_effect(world, baskets)
    assert transactions(world, baskets) == [BATCH_MAX]
    wait_for(lambda: world.waiting() == 0)


def test_each_event_of_a_batch_keeps_the_trace_that_it_came_with(world: World) -> None:
    baskets = [name() for _ in range(5)]
    blocked(world)
    world.publish(*(noted(basket, correlation_id=f"cause of {basket}") for basket in baskets))
    all_in_effect(world, baskets)
    said = {line["basket_id"]: line.get("correlation_id") for line in world.stock.logged("order_noted")}
    assert {basket: said[basket] for basket in baskets} == {basket: f"cause of {basket}" for basket in baskets}
    assert transactions(world, baskets) == [5]


def test_one_that_fails_holds_none_of_its_batch_up_and_has_its_effect_when_it_is_tried_again(world: World) -> None:
    baskets, late = [name() for _ in range(6)], name()
    failing = noted(late, {"fail": 3})
    blocked(world)
    world.publish(*map(noted, baskets[:3]), failing, *map(noted, baskets[3:]))
    all_in_effect(world, baskets)
    assert world.effects(late) == 0
    all_in_effect(world, [late])
    assert [row.state for row in world.inbox(event_id(failing))] == ["done"]
    assert transactions(world, baskets) == [1] * 6


def test_one_that_breaks_its_schema_is_parked_and_its_batch_has_its_effects(world: World) -> None:
    baskets = [name() for _ in range(4)]
    body, headers = noted(name())
    broken = (body.replace(b'"quantity": 1', b'"quantity": "many"'), headers)
    blocked(world)
    world.publish(*map(noted, baskets[:2]), broken, *map(noted, baskets[2:]))
    all_in_effect(world, baskets)
    wait_for(lambda: [row.state for row in world.inbox(event_id(broken))] == ["parked"])
    assert world.attempts(event_id(broken)) == 0


def test_two_events_of_one_subject_are_never_handled_together(world: World) -> None:
    basket, others = name(), [name() for _ in range(3)]
    blocked(world)
    world.publish(noted(basket, version=1), *map(noted, others), noted(basket, version=2))
    all_in_effect(world, others)
    wait_for(lambda: world.effects(basket) == 2)
    query = "SELECT count(DISTINCT xmin::text) AS times FROM effect WHERE mark = :basket"
    assert world.rows("stock", query, basket=basket)[0].times == 2


def test_a_message_that_comes_again_and_again_has_one_effect(world: World) -> None:
    event, others = noted(name()), [name() for _ in range(10)]
    world.publish(event)
    wait_for(lambda: world.effects(event[1]["ce-subject"]) == 1)
    blocked(world)
    world.publish(*map(noted, others), *[event] * 3)
    all_in_effect(world, others)
    wait_for(lambda: len(world.applied(event_id(event))) == 4)
    assert world.effects(event[1]["ce-subject"]) == 1


def test_one_event_under_two_subjects_has_one_effect(world: World) -> None:
    baskets, others = [name(), name()], [name() for _ in range(3)]
    body, headers = noted(baskets[0])
    blocked(world)
    world.publish((body, headers), *map(noted, others), (body, headers | {"ce-subject": baskets[1]}))
    all_in_effect(world, others)
    wait_for(lambda: len(world.applied(headers["ce-id"])) == 2)
    assert [world.effects(each) for each in baskets] == [1, 0]


def test_a_lock_that_is_held_lets_the_batch_try_again_together(world: World) -> None:
    baskets, held = [name() for _ in range(5)], name()
    blocked(world)
    world.publish(*map(noted, baskets), noted(held, {"collide": 2}))
    all_in_effect(world, [*baskets, held])
    assert transactions(world, [*baskets, held]) == [6]


def test_kill_9_of_a_batch_leaves_one_effect_of_each(world: World) -> None:
    baskets, deadly = [name() for _ in range(8)], name()
    blocked(world)
    killing = noted(deadly, {"die": 1})
    world.publish(*map(noted, baskets), killing)
    assert world.stock.wait() == -signal.SIGKILL
    assert transactions(world, [*baskets, deadly]) == []
    world.stock.start()
    all_in_effect(world, [*baskets, deadly], 30)
    wait_for(lambda: world.waiting() == 0)
    assert world.attempts(event_id(killing)) == 2
    assert len(transactions(world, [*baskets, deadly])) == 9, "what came before is handled alone"


def test_kill_9_after_the_commit_of_a_batch_leaves_one_effect_of_each(world: World) -> None:
    baskets = [name() for _ in range(8)]
    blocked(world)
    world.publish(*map(noted, baskets[:-1]), noted(baskets[-1], {"die_after_commit": 1}))
    assert world.stock.wait() == -signal.SIGKILL
    world.stock.start()
    wait_for(lambda: world.waiting() == 0, 30)
    world.stock.ready()
    wait_for(lambda: all(world.effects(basket) == 1 for basket in baskets))
    assert transactions(world, baskets) == [8]


def test_one_that_kills_the_process_again_and_again_is_parked_and_its_batch_is_not(world: World) -> None:
    baskets = [name() for _ in range(15)]
    deadly = noted(name(), {"die": 99})
    blocked(world)
    world.publish(*map(noted, baskets), deadly)
    for _ in range(6):
        if world.inbox(event_id(deadly)):
            break
        world.stock.wait()
        world.stock.start()
        wait_for(lambda: world.inbox(event_id(deadly)) or not world.stock.running, 30)
    world.revive()
    assert [row.state for row in world.inbox(event_id(deadly))] == ["parked"]
    all_in_effect(world, baskets)


def test_a_stop_lets_the_batch_at_work_end_and_leaves_the_rest_to_the_next_process(world: World) -> None:
    baskets = [name() for _ in range(2 * BATCH_MAX)]
    blocked(world, 2)
    world.publish(*map(noted, baskets))
    wait_for(lambda: world.waiting() == 0)
    assert world.stock.term() == 0
    done = sum(transactions(world, baskets))
    world.revive()
    all_in_effect(world, baskets)
    assert done < len(baskets)
    assert max(world.effects(basket) for basket in baskets) == 1


def test_a_thousand_events_in_gusts_leave_nobody_waiting(world: World) -> None:
    baskets = [name() for _ in range(1000)]
    for first in range(0, 1000, 37):
        world.publish(*map(noted, baskets[first : first + 37]))
    all_in_effect(world, baskets, 60)
    wait_for(lambda: world.waiting() == 0)
    counted = world.rows("stock", "SELECT count(DISTINCT mark) FROM effect WHERE mark = ANY(:b)", b=baskets)
    assert counted[0][0] == 1000
