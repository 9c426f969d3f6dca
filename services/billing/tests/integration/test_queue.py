"""Who leaves the line, who is passed over, and whose money comes back: the others' order stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from sqlalchemy import select, text

from billing.models import Credit, FundingRequest
from billing.models.queue import position
from chassis import clock

from .changes import certificate_is, ended, leftovers
from .test_funding import NOMINAL, funded, positions, serve_all
from .world import Child, Group, World

Clock = Callable[[datetime], None]


def test_the_first_who_withdraws_before_its_turn_leaves_it_to_the_next(world: World) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(3)]
    world.hear(ended(world, *families[0]))
    assert positions(world, *families)[1:] == [1, 2]
    world.allocate(NOMINAL)
    assert funded(world, *families) == [False, True, False]
    assert positions(world, families[2]) == [1]


def test_who_comes_back_has_the_old_place(world: World) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(3)]
    world.hear(ended(world, *families[0]))
    world.enrol(Group(), families[0][0])
    assert positions(world, *families) == [1, 2, 3]
    world.allocate(NOMINAL)
    assert funded(world, *families) == [True, False, False]


def test_who_leaves_one_of_two_groups_keeps_the_turn(world: World) -> None:
    world.open_programme(budget=0)
    first, second = world.enrol(), world.enrol()
    world.enrol(Group(), first[0])
    world.hear(ended(world, *first))
    world.allocate(NOMINAL)
    assert funded(world, first, second) == [True, False]


def test_an_end_that_lies_ahead_leaves_the_turn_until_then(world: World, clock_at: Clock) -> None:
    world.open_programme(budget=0)
    first, second = world.enrol(), world.enrol()
    world.hear(ended(world, *first, date(2026, 10, 20)))
    assert positions(world, first, second) == [1, 2]
    clock_at(datetime(2026, 10, 19, 16, tzinfo=UTC))
    assert positions(world, second) == [1]
    world.allocate(NOMINAL)
    assert funded(world, first, second) == [False, True]


def test_an_end_that_is_heard_before_its_enrolment_makes_no_need(world: World) -> None:
    world.open_programme(budget=0)
    child, group = Child(), Group()
    world.hear(world.registered(child), world.issued(child))
    event = world.enrolled(child, group, world.offer(child, group)["offer_id"])
    world.hear(ended(world, child, group, event.subject), event)
    world.allocate(NOMINAL)
    assert world.account(child)["state"] == "accounting"


def test_a_nominal_that_comes_back_goes_to_the_first_in_line(world: World) -> None:
    world.open_programme(budget=NOMINAL)
    families = [world.enrol(Group(starts_on=date(2026, 10, 12))) for _ in range(3)]
    assert funded(world, *families) == [True, False, False]
    world.hear(certificate_is(world, families[0][0], "revoked"))
    leftovers(world)
    serve_all(world)
    assert funded(world, *families[1:]) == [True, False]
    assert positions(world, families[2]) == [1]
    assert world.kinds(families[0][0])[-1] == ("returned", "certificate_revoked", f"{NOMINAL / 100:.2f}")


@pytest.mark.parametrize("state", ["revoked", "expired", "frozen"])
def test_a_certificate_out_of_force_is_passed_over(world: World, state: str) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(2)]
    world.hear(certificate_is(world, families[0][0], state))
    assert positions(world, families[1]) == [1]
    world.allocate(NOMINAL)
    assert funded(world, *families) == [False, True]


def test_withdrawal_and_allocation_at_the_same_instant_leave_one_funded_and_the_order_kept(world: World) -> None:
    world.open_programme(budget=0)
    families = [world.enrol() for _ in range(6)]
    barrier = Barrier(4)
    leaving = [ended(world, *family) for family in families[:3]]

    def at_once(number: int) -> None:
        barrier.wait()
        if number < 3:
            world.hear(leaving[number])
        else:
            world.allocate(2 * NOMINAL)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(at_once, range(4)))
    serve_all(world)
    money = funded(world, *families)
    assert sum(money) == 2
    staying = money[3:]
    assert staying == sorted(staying, reverse=True)
    with world.transactions.reading() as session:
        credited = select(Credit).filter_by(region_code=world.region_code)
        assert len(session.scalars(credited).all()) == 2


def test_a_place_in_a_very_long_line_is_counted_from_one_index(world: World) -> None:
    """A count of 20,000 places before this one reads no enrolment and no certificate."""
    world.open_programme(budget=0)
    child, *_ = world.enrol()
    with world.transactions.writing() as session:
        parameters = {"region": world.region_code, "programme": world.programme_id, "child": child.certificate_id}
        for statement in (
            "INSERT INTO certificate (region_code, certificate_id, child_id, payer_municipality_code, valid_until,"
            " fact_version) SELECT :region, gen_random_uuid(), gen_random_uuid(), '25701000', '2030-01-01', 1"
            " FROM generate_series(1, 20000)",
            "INSERT INTO funding_request (region_code, certificate_id, programme_id, arrived_at, live_until)"
            " SELECT region_code, certificate_id, :programme, now(), '2027-05-31' FROM certificate"
            " WHERE region_code = :region AND certificate_id <> :child",
        ):
            session.execute(text(statement), parameters)
    last, *_ = world.enrol()
    assert world.account(last)["queue_position"] == 20002
    with world.transactions.writing() as session:
        session.execute(text("ANALYZE funding_request"))
        session.execute(text("SET LOCAL enable_seqscan = off"))
        request = session.scalars(select(FundingRequest).filter_by(certificate_id=last.certificate_id)).one()
        place = select(position(world.region_code, world.programme_id, request.arrival, clock.now()))
        compiled = place.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.execute(text(f"EXPLAIN {compiled}")).scalars())
    assert "uq_funding_request_waiting" in plan
    assert "enrollment" not in plan
    assert "on certificate" not in plan
