"""Making a child known, adding a guardian, learning whose staff may read its name, recording who read its card."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import facts
from accounts.commands import recognition
from accounts.domain.likeness import Sketch
from accounts.models import Applicant, Child, ChildAccess, Departure, Guardianship, Pupil
from accounts.vault import Vault
from chassis import clock
from chassis.context import Actor
from chassis.outbox import Received, record
from contracts import accounts as contract


def add_child(
    session: Session, vault: Vault, region_code: str, guardian_id: str, form: dict[str, Any], sketch: Sketch
) -> Child:
    """Make the child of a checked form known under its guardian, and announce it. The caller holds the sketch."""
    child_id, number = str(uuid.uuid4()), form["snils"]
    child = Child(
        region_code=region_code,
        child_id=child_id,
        family_name=form["family_name"],
        given_name=form["given_name"],
        patronymic=form["patronymic"],
        born_on=form["born_on"],
        municipality_code=form["municipality_code"],
        snils_sealed=vault.seal(number, child_id) if number else None,
        snils_index=sketch.snils,
        identity_index=sketch.identity,
        identity_rule=recognition.RULE,
        namesake=recognition.next_namesake(session, region_code, sketch.identity),
        version=1,
        registered_at=clock.now(),
    )
    session.add(child)
    session.flush()
    _link(session, child, guardian_id, child.registered_at)
    _announce(session, contract.CHILD_REGISTERED, child)
    return child


def add_guardian(session: Session, child: Child, guardian_id: str) -> None:
    """Let a locked child have one more guardian, and announce the child as it is now."""
    _link(session, child, guardian_id, clock.now())
    child.version += 1
    _announce(session, contract.CHILD_CHANGED, child)


def remember_pupil(session: Session, event: Received) -> None:
    """Keep that a child is enrolled with a provider."""
    session.execute(
        insert(Pupil)
        .values(
            region_code=event.region_code,
            provider_id=event.data["provider_id"],
            child_id=event.data["child_id"],
            enrollment_id=event.data["enrollment_id"],
            enrolled_at=event.data["enrolled_at"],
        )
        .on_conflict_do_nothing()
    )


def remember_applicant(session: Session, event: Received) -> None:
    """Keep that a child applied to a provider."""
    session.execute(
        insert(Applicant)
        .values(
            region_code=event.region_code,
            provider_id=event.data["provider_id"],
            child_id=event.data["child_id"],
            application_id=event.data["application_id"],
            submitted_at=event.data["submitted_at"],
        )
        .on_conflict_do_nothing()
    )


def remember_departure(session: Session, event: Received, application_id: str, last_on: date | None = None) -> None:
    """Keep that an application has ended, before an enrolment or with the last day of one."""
    session.execute(
        insert(Departure)
        .values(region_code=event.region_code, application_id=application_id, last_on=last_on)
        .on_conflict_do_nothing()
    )


def note_access(session: Session, reader: Actor, child_ids: Iterable[str], purpose: str) -> None:
    """Record, in the transaction of the reading, who read which children's cards and what for."""
    common = {
        "region_code": reader.region_code,
        "occurred_at": clock.now(),
        "reader_id": reader.subject,
        "reader_role": reader.role,
        "session_id": reader.session_id,
        "purpose": purpose,
    }
    rows = [common | {"child_id": child_id, "access_id": str(uuid.uuid4())} for child_id in child_ids]
    if rows:
        session.execute(insert(ChildAccess), rows)


def guardian_ids(session: Session, child: Child) -> list[str]:
    """The child's guardians, the first one first."""
    return list(
        session.scalars(
            select(Guardianship.guardian_id)
            .filter_by(region_code=child.region_code, child_id=child.child_id)
            .order_by(Guardianship.since_at, Guardianship.guardian_id)
        )
    )


def _link(session: Session, child: Child, guardian_id: str, since_at: datetime) -> None:
    session.add(
        Guardianship(region_code=child.region_code, guardian_id=guardian_id, child_id=child.child_id, since_at=since_at)
    )
    session.flush()


def _announce(session: Session, event: Any, child: Child) -> None:
    record(
        session,
        event,
        region_code=child.region_code,
        subject=child.child_id,
        version=child.version,
        data={
            "child_id": child.child_id,
            "guardian_ids": guardian_ids(session, child),
            "born_on": child.born_on,
            "municipality_code": child.municipality_code,
            "payer_code": facts.municipality(session, child.region_code, child.municipality_code)["payer_code"],
            "time_zone": facts.region(session, child.region_code)["time_zone"],
        },
    )
