"""A contract as its family sees it."""

from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from billing.domain.contract import AWAITING_ACCEPTANCE
from billing.models import AttendanceMark, Charge, Contract, Enrollment
from billing.models.months import MonthCharge
from billing.neighbours import own_enrollment
from chassis.context import Actor
from chassis.errors import NotFound
from chassis.values import Amount


def get_contract(session: Session, caller: Actor, enrollment_id: str) -> dict[str, Any]:
    """The contract of the enrolment of the caller's own child, with what it charged and could not cover.

    Raises `NotFound("contract_not_found")`, also while the child has no certificate.
    """
    enrollment = own_enrollment(session, caller, enrollment_id)
    contract = session.scalars(
        select(Contract)
        .where(Contract.region_code == caller.region_code, Contract.enrollment_id == enrollment_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if contract is None:
        raise NotFound("contract_not_found", "The enrolment has no contract yet.")
    charged, uncovered = _charges(session, contract)
    return {
        "contract_id": contract.contract_id,
        "enrollment_id": enrollment_id,
        "child_id": enrollment.child_id,
        "state": contract.state,
        "reason": contract.reason,
        "accept_by": contract.accept_by if contract.state == AWAITING_ACCEPTANCE else None,
        "effective_from": contract.effective_from,
        "price": Amount(contract.price_minor, contract.unit).to_wire(),
        "certificate_share": Amount(contract.certificate_share_minor, contract.unit).to_wire(),
        "parent_share": Amount(contract.parent_share_minor, contract.unit).to_wire(),
        "charged": Amount(charged, contract.unit).to_wire(),
        "uncovered": Amount(uncovered, contract.unit).to_wire(),
        "lessons_not_covered": _not_covered(session, enrollment, contract),
    }


def _charges(session: Session, contract: Contract) -> tuple[int, int]:
    """What stands: (charged, uncovered) in hundredths, by lessons and by months."""
    lessons = select(
        func.coalesce(func.sum(Charge.amount_minor), 0), func.coalesce(func.sum(Charge.uncovered_minor), 0)
    )
    charged, uncovered = session.execute(lessons.where(*_standing(Charge, contract))).one()
    months = select(func.coalesce(func.sum(MonthCharge.amount_minor), 0)).where(*_standing(MonthCharge, contract))
    return int(charged) + int(session.scalars(months).one()), int(uncovered)


def _standing(model: type[Charge] | type[MonthCharge], contract: Contract) -> tuple[Any, ...]:
    return (
        model.region_code == contract.region_code,
        model.contract_id == contract.contract_id,
        model.reversal_id.is_(None),
    )


def _not_covered(session: Session, enrollment: Enrollment, contract: Contract) -> int:
    """Marked lessons of the enrolment's plan before the coverage began, or while it has not."""
    planned = [
        each["lesson_id"]
        for each in enrollment.lessons
        if contract.effective_from is None or each["on"] < contract.effective_from.isoformat()
    ]
    marked = select(func.count()).where(
        and_(
            AttendanceMark.region_code == enrollment.region_code,
            AttendanceMark.enrollment_id == enrollment.enrollment_id,
            AttendanceMark.lesson_id.in_(planned),
        )
    )
    return session.scalars(marked).one()
