"""The seats of one group: the row to lock before anything of its applications changes, and what the world is told.

Whoever changes an application locks the seats of its group first, and of one group only: so the order of locks is the
same everywhere, and an application cannot change while its group's seats are held.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from chassis.outbox import record
from contracts import enrollment as contract
from enrollment.domain.seats import Seats
from enrollment.models import GroupSeats
from enrollment.neighbours import GROUP


@contextmanager
def held(session: Session, region_code: str, group_id: str) -> Iterator[GroupSeats]:
    """The group's seats, locked until the transaction ends; if they change within the block, that is told once.

    Raises `NotFound("group_not_found")`.
    """
    seats = lock_seats(session, region_code, group_id)
    before = _public(seats)
    yield seats
    session.flush()
    if _public(seats) != before:
        _announce(session, seats)


def counted(seats: GroupSeats) -> Seats:
    """The row as a value to decide with."""
    return Seats(capacity=seats.capacity, taken=seats.taken, waiting=seats.waiting, drafts=seats.drafts)


def count(seats: GroupSeats, before: str | None, now: str) -> None:
    """Count one application's step from status `before` (None: it is new) to `now`."""
    after = counted(seats).after(before, now)
    seats.taken, seats.waiting, seats.drafts = after.taken, after.waiting, after.drafts


def lock_seats(session: Session, region_code: str, group_id: str) -> GroupSeats:
    """The group's seats, locked until the transaction ends. Raises `NotFound("group_not_found")`."""
    seats = session.get(GroupSeats, (region_code, group_id), with_for_update=True, populate_existing=True)
    if seats is None:
        GROUP.need(session, region_code, group_id)
        return lock_seats(session, region_code, group_id)
    return seats


def _public(seats: GroupSeats) -> tuple[int, int, int]:
    return seats.capacity, seats.taken, seats.waiting


def _announce(session: Session, seats: GroupSeats) -> None:
    seats.version += 1
    record(
        session,
        contract.SEATS_CHANGED,
        region_code=seats.region_code,
        subject=seats.group_id,
        version=seats.version,
        data={
            "group_id": seats.group_id,
            "capacity": seats.capacity,
            "taken": seats.taken,
            "waiting": seats.waiting,
        },
    )
