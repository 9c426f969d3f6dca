"""What billing knows of its neighbours, and who may therefore see what."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from billing.models import Enrollment
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.projections import Projection
from contracts import accounts

CHILD = Projection("child", accounts.SERVICE, (accounts.CHILD_REGISTERED.type, accounts.CHILD_CHANGED.type))


def own_child(session: Session, caller: Actor, child_id: str) -> dict[str, Any]:
    """The child, if the caller is one of its guardians. Raises `NotFound("child_not_found")` otherwise."""
    child = CHILD.need(session, caller.region_code, child_id)
    if caller.subject not in child["guardian_ids"]:
        raise NotFound("child_not_found", "There is no such child in your family.")
    return {**child, "born_on": date.fromisoformat(child["born_on"])}


def own_enrollment(session: Session, caller: Actor, enrollment_id: str) -> Enrollment:
    """The enrolment of one of the caller's own children. Raises `NotFound("contract_not_found")` otherwise."""
    enrollment = session.get(Enrollment, (caller.region_code, enrollment_id))
    child = CHILD.find(session, caller.region_code, enrollment.child_id) if enrollment else None
    if enrollment is None or child is None or caller.subject not in child["guardian_ids"]:
        raise NotFound("contract_not_found", "There is no such contract in your family.")
    return enrollment
