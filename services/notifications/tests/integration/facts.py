"""Events of an invented family, and hearing them as the service does."""

import uuid
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.database import Transactions
from chassis.outbox import Received
from chassis.testing import apply, received
from contracts import accounts, billing, catalog, certificates, enrollment
from contracts.base import Event
from notifications.models import Message
from notifications.service import NotificationsService


def invented(number: int) -> str:
    return str(uuid.UUID(int=number))


CHILD, OTHER_CHILD, MOTHER, FATHER, STRANGER = (invented(number) for number in (0xC1, 0xC2, 0xA1, 0xA2, 0xA3))
GROUP, PROVIDER = invented(0xD1), invented(0xD4)
ENROLLMENT, OTHER_ENROLLMENT = invented(0xE1), invented(0xE9)
TITLE = "Робототехника каждый день"


def hear(session: Session, event: Received) -> None:
    """Run the handler with what it would see of the event, and no more."""
    seen = NotificationsService.handlers()[event.type].schema.fields
    apply(
        NotificationsService,
        session,
        replace(event, data={name: event.data[name] for name in seen if name in event.data}),
    )


def hear_each(transactions: Transactions, *events: Received) -> None:
    """Hear events one after the other, each in its transaction."""
    for event in events:
        with transactions.writing() as session:
            hear(session, event)


def messages(transactions: Transactions) -> list[Message]:
    with transactions.writing() as session:
        return list(session.scalars(select(Message).order_by(Message.kind, Message.user_id)))


def roubles(value: str) -> dict[str, str]:
    return {"value": value, "unit": "RUB"}


def guardian_registered(guardian_id: str = MOTHER) -> Received:
    return received(accounts.GUARDIAN_REGISTERED, subject=guardian_id, data={"guardian_id": guardian_id})


def child_registered(
    guardians: tuple[str, ...] = (MOTHER, FATHER),
    child_id: str = CHILD,
    version: int = 1,
    event: Event = accounts.CHILD_REGISTERED,
) -> Received:
    data = {
        "child_id": child_id,
        "guardian_ids": list(guardians),
        "born_on": date(2016, 4, 12),
        "municipality_code": "25701000",
        "payer_code": "01",
        "time_zone": "Asia/Irkutsk",
    }
    return received(event, subject=child_id, version=version, data=data)


def group_published(event: Event = catalog.GROUP_PUBLISHED, title: str = TITLE, version: int = 1) -> Received:
    data = {
        "group_id": GROUP,
        "module_id": invented(0xD2),
        "programme_id": invented(0xD3),
        "provider_id": PROVIDER,
        "provider_name": "Дом творчества «Пример»",
        "teacher_ids": [],
        "title": title,
        "direction": "technical",
        "municipality_code": "25701000",
        "time_zone": "Asia/Irkutsk",
        "state": "published",
        "admission": "instant",
        "capacity": 10,
        "age_min": 7,
        "age_max": 12,
        "opens_at": "2026-08-01T00:00:00+00:00",
        "closes_at": "2027-05-01T00:00:00+00:00",
        "starts_on": date(2026, 9, 1),
        "ends_on": date(2027, 5, 31),
        "price": roubles("9000.00"),
        "normative_price": roubles("8000.00"),
        "terms_version": 1,
        "lessons": [],
    }
    return received(event, subject=GROUP, version=version, data=data)


def application(event: Event = enrollment.APPLICATION_WAITLISTED, **more: Any) -> Received:
    data = {
        "application_id": invented(0xE1),
        "child_id": CHILD,
        "group_id": GROUP,
        "programme_id": invented(0xD3),
        "provider_id": PROVIDER,
        "submitted_at": "2026-11-22T02:00:00+00:00",
    }
    return received(event, subject=invented(0xE1), data=data | more)


def waitlisted() -> Received:
    return application(position=3)


def offered() -> Received:
    at, until = "2026-11-22T02:00:00+00:00", "2026-11-25T02:00:00+00:00"
    return application(enrollment.PLACE_OFFERED, offered_at=at, expires_at=until)


def confirmed() -> Received:
    return application(enrollment.APPLICATION_CONFIRMED, confirmed_at="2026-11-22T02:00:00+00:00")


def cancelled() -> Received:
    ending = {"cancelled_at": "2026-11-22T02:00:00+00:00", "by": "provider", "reason": "no_documents"}
    return application(enrollment.APPLICATION_CANCELLED, **ending)


def ended(event: Event, enrollment_id: str, child_id: str, on: date, **more: Any) -> Received:
    data = {
        "enrollment_id": enrollment_id,
        "child_id": child_id,
        "group_id": GROUP,
        "programme_id": invented(0xD3),
        "provider_id": PROVIDER,
        "effective_on": on,
    }
    return received(event, subject=enrollment_id, version=2, data=data | more)


def withdrawn(enrollment_id: str = ENROLLMENT, child_id: str = CHILD, on: date = date(2026, 11, 22)) -> Received:
    ending = {"withdrawn_at": "2026-11-22T06:00:00+00:00", "by": "family", "reason": "moved_away"}
    return ended(enrollment.WITHDRAWN, enrollment_id, child_id, on, **ending)


def completed() -> Received:
    at = "2027-05-31T16:00:00+00:00"
    return ended(enrollment.COMPLETED, ENROLLMENT, CHILD, date(2027, 5, 31), completed_at=at)


def lesson(event: Event, on: date, at: str, **more: Any) -> Received:
    data = {
        "lesson_id": invented(0xF5),
        "group_id": GROUP,
        "provider_id": PROVIDER,
        "lesson_on": on,
        "starts_at": f"{on}T08:00:00+00:00",
        "reason": "teacher_ill",
    }
    happened = received(event, subject=invented(0xF5), data=data | more)
    return replace(happened, occurred_at=datetime.fromisoformat(at))


def lesson_cancelled(on: date = date(2026, 11, 24), at: str = "2026-11-22T04:00:00+00:00") -> Received:
    return lesson(enrollment.LESSON_CANCELLED, on, at, cancelled_at=at)


def lesson_moved(
    on: date = date(2026, 11, 24), to: date = date(2026, 11, 26), at: str = "2026-11-22T04:00:00+00:00"
) -> Received:
    hours = {"new_starts_at": f"{to}T08:30:00+00:00", "new_ends_at": f"{to}T09:30:00+00:00"}
    return lesson(enrollment.LESSON_MOVED, on, at, moved_at=at, new_lesson_on=to, **hours)


def enrolled(child_id: str = CHILD, enrollment_id: str = ENROLLMENT, at: str = "2026-11-22T02:00:01+00:00") -> Received:
    data = {
        "enrollment_id": enrollment_id,
        "application_id": enrollment_id,
        "child_id": child_id,
        "group_id": GROUP,
        "module_id": invented(0xD2),
        "programme_id": invented(0xD3),
        "provider_id": PROVIDER,
        "direction": "technical",
        "payer_municipality_code": "25701000",
        "time_zone": "Asia/Irkutsk",
        "submitted_at": "2026-11-22T02:00:00+00:00",
        "enrolled_at": at,
        "enrolled_on": date(2026, 11, 22),
        "group_starts_on": date(2026, 9, 1),
        "group_ends_on": date(2027, 5, 31),
        "price": roubles("9000.00"),
        "normative_price": roubles("8000.00"),
        "terms_version": 1,
        "offer_id": invented(0xE2),
        "accepted_by": MOTHER,
        "lessons": [],
    }
    return received(enrollment.ENROLLED, subject=enrollment_id, data=data)


def certificate_issued() -> Received:
    data = {
        "certificate_id": invented(0xF1),
        "number": "3801004217",
        "child_id": CHILD,
        "payer_municipality_code": "25701000",
        "valid_from": date(2026, 11, 22),
        "valid_until": date(2034, 4, 12),
        "issued_at": "2026-11-22T02:00:02+00:00",
    }
    return received(certificates.CERTIFICATE_ISSUED, subject=invented(0xF1), data=data)


def certificate_changed(event: Event, reason: str = "data_check") -> Received:
    data = {
        "certificate_id": invented(0xF1),
        "child_id": CHILD,
        "changed_at": "2026-11-22T02:00:02+00:00",
        "changed_on": date(2026, 11, 22),
        "reason": reason,
    }
    return received(event, subject=invented(0xF1), data=data)


def credited() -> Received:
    data = {
        "certificate_id": invented(0xF1),
        "child_id": CHILD,
        "funding_programme_id": invented(0xF2),
        "amount": roubles("12000.00"),
        "balance_after": roubles("12000.00"),
        "credited_at": "2026-11-22T02:00:03+00:00",
    }
    return received(billing.CERTIFICATE_CREDITED, subject=invented(0xF1), data=data)


def queued() -> Received:
    data = {
        "certificate_id": invented(0xF1),
        "child_id": CHILD,
        "funding_programme_id": invented(0xF2),
        "position": 17,
    }
    return received(billing.FUNDING_QUEUED, subject=invented(0xF1), data=data)


def contract(event: Event = billing.CONTRACT_ACTIVATED) -> Received:
    data = {
        "contract_id": invented(0xF3),
        "enrollment_id": invented(0xE1),
        "certificate_id": invented(0xF1),
        "child_id": CHILD,
        "group_id": GROUP,
        "certificate_share": roubles("3000.00"),
        "parent_share": roubles("391.94"),
        "effective_from": date(2026, 11, 22),
    }
    return received(event, subject=invented(0xF3), data=data)


def debit(event: Event = billing.DEBIT_POSTED, **changes: Any) -> Received:
    data = {
        "debit_id": invented(0xF4),
        "contract_id": invented(0xF3),
        "enrollment_id": invented(0xE1),
        "certificate_id": invented(0xF1),
        "child_id": CHILD,
        "group_id": GROUP,
        "provider_id": PROVIDER,
        "lesson_id": invented(0xF5),
        "lesson_on": date(2026, 11, 22),
        "mark": "present",
        "amount": roubles("82.50"),
        "balance_after": roubles("9000.00"),
        "held_after": roubles("2917.50"),
        "posted_at": "2026-11-22T05:00:00+00:00",
    }
    return received(event, subject=invented(0xF4), data=data | changes)


def month_debited() -> Received:
    left_out = ("lesson_id", "lesson_on", "mark")
    data = {name: value for name, value in debit().data.items() if name not in left_out}
    return received(billing.MONTH_DEBITED, subject=invented(0xF6), data=data | {"month_on": date(2026, 11, 1)})


def month_reversed() -> Received:
    data = {**month_debited().data, "reason": "month_not_due"}
    return received(billing.MONTH_REVERSED, subject=invented(0xF6), data=data, version=2)


def one_of_each_kind() -> list[Received]:
    return [
        waitlisted(),
        offered(),
        confirmed(),
        cancelled(),
        enrolled(),
        lesson_cancelled(),
        lesson_moved(),
        withdrawn(on=date(2026, 12, 31)),
        completed(),
        certificate_issued(),
        certificate_changed(certificates.CERTIFICATE_FROZEN),
        certificate_changed(certificates.CERTIFICATE_UNFROZEN, "cleared"),
        certificate_changed(certificates.CERTIFICATE_REVOKED, "court_decision"),
        certificate_changed(certificates.CERTIFICATE_EXPIRED, "age_reached"),
        credited(),
        queued(),
        contract(billing.CONTRACT_ACTIVATED),
        contract(billing.CONTRACT_AWAITING_FUNDS),
        contract(billing.CONTRACT_AWAITING_ACCEPTANCE),
        contract(billing.CONTRACT_REFUSED),
        month_debited(),
        month_reversed(),
        debit(billing.DEBIT_POSTED),
        debit(billing.DEBIT_REVERSED),
    ]
