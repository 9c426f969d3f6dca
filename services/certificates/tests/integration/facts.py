"""Events of invented children, and hearing them as the service does."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from certificates.service import CertificatesService
from chassis.outbox import Received
from chassis.testing import apply, received
from contracts import accounts, enrollment
from contracts.base import Event

CHILD, MOTHER, FATHER, STRANGER = (str(uuid.UUID(int=number)) for number in (0xC1, 0xA1, 0xA2, 0xA3))
BORN_ON = date(2016, 4, 12)


def hear(session: Session, event: Received) -> None:
    """Run the handler with what it would see of the event, and no more."""
    seen = CertificatesService.handlers()[event.type].schema.fields
    apply(CertificatesService, session, replace(event, data={name: event.data[name] for name in seen}))


def child_registered(**changes: Any) -> Received:
    return _child(accounts.CHILD_REGISTERED, changes)


def child_changed(**changes: Any) -> Received:
    return _child(accounts.CHILD_CHANGED, {"version": 2} | changes)


def _child(event: Event, changes: dict[str, Any]) -> Received:
    version = changes.pop("version", 1)
    region_code = changes.pop("region_code", "38")
    data = {
        "child_id": CHILD,
        "guardian_ids": [MOTHER, FATHER],
        "born_on": BORN_ON,
        "municipality_code": "25701000",
        "payer_code": "01",
        "time_zone": "Asia/Irkutsk",
    } | changes
    return received(event, subject=data["child_id"], version=version, region_code=region_code, data=data)


def enrolled(
    enrolled_on: date | None = None,
    child_id: str = CHILD,
    region_code: str = "38",
    lessons_on: tuple[date, ...] = (),
) -> Received:
    enrollment_id = str(uuid.uuid4())
    on = enrolled_on or datetime.now(UTC).date()
    data = {
        "enrollment_id": enrollment_id,
        "application_id": enrollment_id,
        "child_id": child_id,
        "group_id": str(uuid.UUID(int=0xD1)),
        "module_id": str(uuid.UUID(int=0xD2)),
        "programme_id": str(uuid.UUID(int=0xD3)),
        "provider_id": str(uuid.UUID(int=0xD4)),
        "direction": "technical",
        "payer_municipality_code": "25701000",
        "time_zone": "Asia/Irkutsk",
        "submitted_at": datetime(on.year, on.month, on.day, 1, tzinfo=UTC),
        "enrolled_at": datetime(on.year, on.month, on.day, 2, tzinfo=UTC),
        "enrolled_on": on,
        "group_starts_on": on,
        "group_ends_on": on,
        "price": {"value": "900.00", "unit": "RUB"},
        "normative_price": {"value": "900.00", "unit": "RUB"},
        "terms_version": 1,
        "offer_id": str(uuid.UUID(int=0xD5)),
        "accepted_by": MOTHER,
        "lessons": [
            {"lesson_id": str(uuid.uuid4()), "number": number, "on": each}
            for number, each in enumerate(lessons_on, start=1)
        ],
    }
    return received(enrollment.ENROLLED, subject=enrollment_id, region_code=region_code, data=data)
