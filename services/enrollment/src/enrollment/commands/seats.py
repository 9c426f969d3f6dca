"""The seats of one group: the row to lock first, and what the world is told of it."""

from sqlalchemy.orm import Session

from chassis.outbox import record
from contracts import enrollment as contract
from enrollment.domain.seats import Seats
from enrollment.models import GroupSeats
from enrollment.neighbours import GROUP


def lock_seats(session: Session, region_code: str, group_id: str) -> GroupSeats:
    """The group's seats, locked until the transaction ends. Raises `NotFound("group_not_found")`."""
    seats = session.get(GroupSeats, (region_code, group_id), with_for_update=True, populate_existing=True)
    if seats is None:
        GROUP.need(session, region_code, group_id)
        return lock_seats(session, region_code, group_id)
    return seats


def counted(seats: GroupSeats) -> Seats:
    """The row as a value to decide with."""
    return Seats(capacity=seats.capacity, taken=seats.taken, waiting=seats.waiting)


def announce(session: Session, seats: GroupSeats) -> None:
    """Tell how full the group is now; the caller holds the row's lock."""
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
