"""What neighbours say later of enrolments, lessons and certificates, and what a family answers."""

from datetime import date
from typing import Any

from billing import commands, queries
from chassis import clock
from chassis.outbox import Received
from contracts import certificates, enrollment

from .world import ZONE, Child, Group, World, new_id

_STATES = {
    "frozen": certificates.CERTIFICATE_FROZEN,
    "valid": certificates.CERTIFICATE_UNFROZEN,
    "revoked": certificates.CERTIFICATE_REVOKED,
    "expired": certificates.CERTIFICATE_EXPIRED,
}


def ended(
    world: World,
    child: Child,
    group: Group,
    enrollment_id: str,
    on: date | None = None,
    *,
    completed: bool = False,
    version: int = 2,
) -> Received:
    data = {
        "enrollment_id": enrollment_id,
        "child_id": child.child_id,
        "group_id": group.group_id,
        "programme_id": new_id(),
        "provider_id": group.provider_id,
        "effective_on": on or clock.today(ZONE),
    }
    if completed:
        return world.event(enrollment.COMPLETED, enrollment_id, data | {"completed_at": clock.now()}, version)
    more = {"withdrawn_at": clock.now(), "by": "family", "reason": "changed_mind"}
    return world.event(enrollment.WITHDRAWN, enrollment_id, data | more, version)


def _lesson(group: Group, on: date) -> dict[str, Any]:
    return {
        "lesson_id": group.lesson_on(on),
        "group_id": group.group_id,
        "provider_id": group.provider_id,
        "lesson_on": on,
        "starts_at": clock.now(),
        "reason": "teacher_ill",
    }


def lesson_cancelled(world: World, group: Group, on: date, version: int = 1) -> Received:
    data = _lesson(group, on) | {"cancelled_at": clock.now()}
    return world.event(enrollment.LESSON_CANCELLED, data["lesson_id"], data, version)


def lesson_moved(world: World, group: Group, on: date, to: date, version: int = 1) -> Received:
    data = _lesson(group, on) | {
        "moved_at": clock.now(),
        "new_lesson_on": to,
        "new_starts_at": clock.now(),
        "new_ends_at": clock.now(),
    }
    return world.event(enrollment.LESSON_MOVED, data["lesson_id"], data, version)


def certificate_is(world: World, child: Child, state: str, on: date | None = None, version: int = 2) -> Received:
    data = {
        "certificate_id": child.certificate_id,
        "child_id": child.child_id,
        "changed_at": clock.now(),
        "changed_on": on or clock.today(ZONE),
        "reason": "data_check",
    }
    return world.event(_STATES[state], child.certificate_id, data, version)


def view(world: World, child: Child, enrollment_id: str, guardian_id: str | None = None) -> dict[str, Any]:
    """The contract as its family, or a stranger, is shown it."""
    caller = world.guardian(Child(child.child_id, guardian_id or child.guardian_id))
    with world.transactions.reading() as session:
        return queries.get_contract(session, caller, enrollment_id)


def accept(world: World, child: Child, enrollment_id: str, offer_id: str) -> dict[str, Any]:
    with world.transactions.writing() as session:
        request = {"enrollment_id": enrollment_id, "offer_id": offer_id}
        commands.accept_contract(session, world.guardian(child), request)
        return queries.get_contract(session, world.guardian(child), enrollment_id)


def refuse(world: World, child: Child, enrollment_id: str) -> dict[str, Any]:
    with world.transactions.writing() as session:
        commands.refuse_contract(session, world.guardian(child), {"enrollment_id": enrollment_id})
        return queries.get_contract(session, world.guardian(child), enrollment_id)


def deadlines(world: World) -> None:
    """Run the loops that no fact starts, until they find nothing more."""
    for loop in (commands.review_contracts, commands.lapse_acceptances):
        more = True
        while more:
            with world.transactions.writing() as session:
                more = loop(session)


def leftovers(world: World) -> None:
    """Run the loops that empty pockets, until they find nothing more."""
    for loop in (commands.end_period, commands.empty_pockets):
        more = True
        while more:
            with world.transactions.writing() as session:
                more = loop(session, clock.now())
