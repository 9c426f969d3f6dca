"""Applications as families see them."""

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, ScalarSelect, Select, and_, case, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from chassis.context import Actor
from chassis.errors import NotFound
from chassis.pages import decode_cursor, encode_cursor, identifier, instant
from chassis.tables import fact
from chassis.values import Amount
from enrollment.domain.states import DRAFT, OFFERED, SUBMITTED, WAITLISTED
from enrollment.models import Application, Contract, GroupSeats
from enrollment.neighbours import child_of, group_fact
from enrollment.queries.clashes import clashes_of

LIST = "applications"


class New(Protocol):
    """What is known of an application that has just been made; it has no contract yet."""

    @property
    def application(self) -> Application:
        """Its row."""

    @property
    def title(self) -> str:
        """Its group's."""

    @property
    def position(self) -> int | None:
        """Its place in the waiting list."""

    @property
    def sends_at(self) -> datetime | None:
        """When the draft will be sent."""

    @property
    def has_other_seat(self) -> bool:
        """Whether the child may have other lessons at the same time."""


def list_applications(session: Session, caller: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """The applications of the caller's children, newest first."""
    statement, limit = _applications(caller), request["limit"]
    if request["cursor"] is not None:
        came = tuple_(Application.submitted_at, Application.application_id)
        statement = statement.where(
            came < tuple_(*map(literal, decode_cursor(LIST, request["cursor"], instant, identifier)))
        )
    rows = session.execute(statement.limit(limit + 1)).all()
    page, more = rows[:limit], len(rows) > limit
    return {
        "items": [_application(row) for row in page],
        "next_cursor": _cursor(page[-1].Application) if more else None,
    }


def get_application(session: Session, caller: Actor, application_id: str) -> dict[str, Any]:
    """One application of the caller's children, with what it clashes with.

    Raises `NotFound("application_not_found")`.
    """
    statement = _applications(caller).where(Application.application_id == application_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("application_not_found", "There is no such application.")
    return {**_application(row), "clashes": clashes_of(session, row.Application)}


def see_new(session: Session, new: New) -> dict[str, Any]:
    """An application as `get_application` shows it, by what is known of it in the transaction that made it."""
    seen = _seen(new.application, new.title, new.position, new.sends_at)
    return {**seen, "clashes": clashes_of(session, new.application) if new.has_other_seat else []}


def position() -> ScalarSelect[int]:
    """SQL: the place of a waiting application in its group's list, counted from 1."""
    earlier = aliased(Application)
    return (
        select(func.count())
        .where(
            earlier.region_code == Application.region_code,
            earlier.group_id == Application.group_id,
            earlier.status == WAITLISTED,
            earlier.arrival <= Application.arrival,
        )
        .scalar_subquery()
    )


def kept_until(application: Application) -> datetime | None:
    """Until when the seat is kept for the provider's decision or the family's."""
    return application.deadline_at if application.status in (SUBMITTED, OFFERED) else None


def _applications(caller: Actor) -> Select[Any]:
    latest = (
        select(Contract)
        .where(Contract.region_code == Application.region_code, Contract.enrollment_id == Application.application_id)
        .order_by(Contract.occurred_at.desc(), Contract.version.desc())
        .limit(1)
        .lateral()
    )
    contract = aliased(Contract, latest, name="contract")
    of_seats = and_(GroupSeats.region_code == Application.region_code, GroupSeats.group_id == Application.group_id)
    return (
        select(
            Application,
            fact.c.body["title"].astext.label("title"),
            case((Application.status == WAITLISTED, position())).label("position"),
            case((Application.status == DRAFT, GroupSeats.opens_at)).label("sends_at"),
            contract,
        )
        .join(fact, group_fact(Application.region_code, Application.group_id))
        .join(GroupSeats, of_seats)
        .outerjoin(contract, literal(True))
        .where(Application.region_code == caller.region_code, child_of(caller, Application.child_id))
        .order_by(Application.submitted_at.desc(), Application.application_id.desc())
    )


def _application(row: Row[Any]) -> dict[str, Any]:
    seen = _seen(row.Application, row.title, row.position, row.sends_at)
    return {**seen, "contract": None if row.contract is None else _contract(row.contract)}


def _seen(application: Application, title: str, position: int | None, sends_at: datetime | None) -> dict[str, Any]:
    """An application that has no contract yet."""
    return {
        "application_id": application.application_id,
        "child_id": application.child_id,
        "group_id": application.group_id,
        "programme_id": application.programme_id,
        "title": title,
        "status": application.status,
        "position": position,
        "submitted_at": application.submitted_at,
        "enrolled_at": application.enrolled_at,
        "sends_at": sends_at,
        "decide_by": kept_until(application),
        "ended_on": application.ended_on,
        "reason": application.reason,
        "contract": None,
    }


def _contract(contract: Contract) -> dict[str, Any]:
    return {
        "contract_id": contract.contract_id,
        "state": contract.state,
        "certificate_share": Amount(contract.certificate_share_minor, contract.certificate_share_unit).to_wire(),
        "parent_share": Amount(contract.parent_share_minor, contract.parent_share_unit).to_wire(),
        "effective_from": contract.effective_from,
    }


def _cursor(application: Application) -> str:
    return encode_cursor(LIST, [application.submitted_at.isoformat(), application.application_id])
