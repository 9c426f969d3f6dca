"""The seats of groups: the rows to lock before anything of their applications changes, and what the world is told.

Whoever changes an application locks the seats of its group first; whoever changes applications of several groups locks
theirs in one statement, in the order of their ids. So the order of locks is the same everywhere, and an application
cannot change while its group's seats are held.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import bindparam, select, text, tuple_
from sqlalchemy.orm import Session

from chassis.outbox import Announcement, record_all
from contracts import enrollment as contract
from enrollment.domain.seats import Seats
from enrollment.models import GroupSeats
from enrollment.neighbours import GROUP

GroupKey = tuple[str, str]
"""A group by its region and id."""
Public = tuple[int, int, int]
SEATS = (
    select(GroupSeats)
    .where(tuple_(GroupSeats.region_code, GroupSeats.group_id).in_(bindparam("groups", expanding=True)))
    .order_by(GroupSeats.region_code, GroupSeats.group_id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
WRITE = text(
    "UPDATE group_seats SET taken = now.taken, waiting = now.waiting, drafts = now.drafts, arrivals = now.arrivals,"
    " version = now.version FROM unnest(CAST(:region_code AS text[]), CAST(:group_id AS uuid[]), CAST(:taken AS int[]),"
    " CAST(:waiting AS int[]), CAST(:drafts AS int[]), CAST(:arrivals AS bigint[]), CAST(:version AS bigint[])) AS now"
    " (region_code, group_id, taken, waiting, drafts, arrivals, version)"
    " WHERE group_seats.region_code = now.region_code AND group_seats.group_id = now.group_id"
)
WRITTEN = ("region_code", "group_id", "taken", "waiting", "drafts", "arrivals", "version")


@contextmanager
def held(session: Session, region_code: str, group_id: str) -> Iterator[GroupSeats]:
    """The group's seats, locked until the transaction ends; if they change within the block, that is told once.

    Raises `NotFound("group_not_found")`.
    """
    seats = lock_seats(session, region_code, group_id)
    before = public(seats)
    yield seats
    record_all(session, changed(seats, before))
    session.flush()


def counted(seats: GroupSeats) -> Seats:
    """The row as a value to decide with."""
    return Seats(capacity=seats.capacity, taken=seats.taken, waiting=seats.waiting, drafts=seats.drafts)


def count(seats: GroupSeats, before: str | None, now: str) -> None:
    """Count one application's step from status `before` (None: it is new) to `now`."""
    after = counted(seats).after(before, now)
    seats.taken, seats.waiting, seats.drafts = after.taken, after.waiting, after.drafts


def lock_seats(session: Session, region_code: str, group_id: str) -> GroupSeats:
    """The group's seats, locked until the transaction ends. Raises `NotFound("group_not_found")`."""
    found = lock_all(session, [(region_code, group_id)])
    if not found:
        GROUP.need(session, region_code, group_id)
        return lock_seats(session, region_code, group_id)
    return found[region_code, group_id]


def lock_all(session: Session, groups: Collection[GroupKey]) -> dict[GroupKey, GroupSeats]:
    """The seats of those groups that are known, locked until the transaction ends."""
    rows = session.scalars(SEATS, {"groups": sorted(groups)})
    return {(seats.region_code, seats.group_id): seats for seats in rows}


def write(session: Session, locked: Collection[GroupSeats]) -> None:
    """Write what was counted, in one statement where a flush would take one for each group; done with these rows."""
    counted_now = [seats for seats in session.dirty if seats in locked]
    if counted_now:
        session.execute(WRITE, {name: [getattr(seats, name) for seats in counted_now] for name in WRITTEN})
    for seats in counted_now:
        session.expunge(seats)


def public(seats: GroupSeats) -> Public:
    """What the world is told of the seats."""
    return seats.capacity, seats.taken, seats.waiting


def changed(seats: GroupSeats, before: Public) -> list[Announcement]:
    """The next version, to be told, of seats that are not as before."""
    if public(seats) == before:
        return []
    seats.version += 1
    data = {
        "group_id": seats.group_id,
        "capacity": seats.capacity,
        "taken": seats.taken,
        "waiting": seats.waiting,
    }
    return [Announcement(contract.SEATS_CHANGED, seats.region_code, seats.group_id, seats.version, data)]
