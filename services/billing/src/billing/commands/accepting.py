"""A guardian's answer to a contract that waits for one: the acceptance of a new offer, or a refusal."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.commands.settling import settle
from billing.domain.contract import AWAITING_ACCEPTANCE, REFUSED_BY_FAMILY
from billing.models import Acceptance, Contract, ContractRefusal, Enrollment, Offer
from billing.neighbours import own_enrollment
from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict, NotFound, RuleViolated


def accept_contract(session: Session, caller: Actor, request: dict[str, Any]) -> None:
    """Accept the caller's own new offer for an enrolment whose contract waits, and settle.

    The contract may wait on when meanwhile even more would be asked of the family. Raises `NotFound`:
    `contract_not_found`, `offer_not_found` (also for offers to others, or for another child or group);
    `Conflict`: `contract_not_waiting`; `RuleViolated`: `offer_already_used`, `offer_expired`, `terms_changed`.
    """
    enrollment = _waiting(session, caller, request["enrollment_id"])
    offer = _own_offer(session, caller, enrollment, request["offer_id"])
    at = clock.now()
    if offer.enrollment_id is not None:
        raise RuleViolated("offer_already_used", "Another application was made with this offer.")
    if offer.expires_at <= at:
        raise RuleViolated("offer_expired", "The offer has lapsed.", expires_at=offer.expires_at.isoformat())
    if offer.terms_version != enrollment.terms_version:
        raise RuleViolated("terms_changed", "The offer is for other terms than the enrolment's.")
    _keep(session, caller, enrollment, offer, at)
    settle(session, caller.region_code, [enrollment.child_id])


def _keep(session: Session, caller: Actor, enrollment: Enrollment, offer: Offer, at: datetime) -> None:
    own = (Acceptance.region_code == caller.region_code, Acceptance.enrollment_id == enrollment.enrollment_id)
    offer.enrollment_id = enrollment.enrollment_id
    session.add(
        Acceptance(
            region_code=caller.region_code,
            offer_id=offer.offer_id,
            enrollment_id=enrollment.enrollment_id,
            number=1 + session.scalars(select(func.count()).where(*own)).one(),
            accepted_by=caller.subject,
            accepted_at=at,
        )
    )
    session.flush()


def refuse_contract(session: Session, caller: Actor, request: dict[str, Any]) -> None:
    """Refuse the price of an enrolment whose contract waits; the enrolment then ends by itself.

    Raises `NotFound("contract_not_found")`, `Conflict("contract_not_waiting")`.
    """
    enrollment = _waiting(session, caller, request["enrollment_id"])
    refuse(session, enrollment, REFUSED_BY_FAMILY, by=caller.subject)
    settle(session, caller.region_code, [enrollment.child_id])


def refuse(session: Session, enrollment: Enrollment, reason: str, *, by: str | None = None) -> None:
    """Keep that no acceptance will come. The certificate is locked; who settles, refuses the contract."""
    key = {"region_code": enrollment.region_code, "enrollment_id": enrollment.enrollment_id}
    statement = insert(ContractRefusal).values(**key, reason=reason, refused_by=by, refused_at=clock.now())
    session.execute(statement.on_conflict_do_nothing())


def _waiting(session: Session, caller: Actor, enrollment_id: str) -> Enrollment:
    """The enrolment of the caller's own child, whose contract waits for an acceptance; its certificate is locked."""
    enrollment = own_enrollment(session, caller, enrollment_id)
    locks.certificates(session, caller.region_code, [enrollment.child_id], [])
    state = session.scalar(
        select(Contract.state).where(
            Contract.region_code == caller.region_code, Contract.enrollment_id == enrollment_id
        )
    )
    if state is None:
        raise NotFound("contract_not_found", "There is no such contract in your family.")
    if state != AWAITING_ACCEPTANCE:
        raise Conflict("contract_not_waiting", "The contract waits for no acceptance.", state=state)
    return enrollment


def _own_offer(session: Session, caller: Actor, enrollment: Enrollment, offer_id: str) -> Offer:
    """The offer, locked. It was made to the caller for this child and group."""
    query = (
        select(Offer)
        .where(
            Offer.region_code == caller.region_code,
            Offer.offer_id == offer_id,
            Offer.guardian_id == caller.subject,
            Offer.child_id == enrollment.child_id,
            Offer.group_id == enrollment.group_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    offer = session.scalars(query).one_or_none()
    if offer is None:
        raise NotFound("offer_not_found", "There is no such offer to you for this child and group.")
    return offer
