"""Registering a child, learning who teaches it, and recording who read its card."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts import facts
from accounts.domain import ages, names, snils
from accounts.models import Child, ChildAccess, Guardianship, Pupil
from accounts.vault import Vault
from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict, InvalidInput
from chassis.outbox import Received, record
from contracts import accounts as contract


def register_child(session: Session, vault: Vault, guardian: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """Register a child under its guardian and announce it.

    `Conflict` child_already_registered where the region knows the child by name and birth date or by SNILS; the
    refusal says no more than that.
    """
    region = facts.region(session, guardian.region_code)
    municipality = facts.municipality(session, guardian.region_code, request["municipality_code"])
    child = _described(request) | {
        "region_code": guardian.region_code,
        "child_id": str(uuid.uuid4()),
        "municipality_code": request["municipality_code"],
        "version": 1,
        "registered_at": clock.now(),
    }
    if not ages.is_child(child["born_on"], clock.today(region["time_zone"])):
        raise InvalidInput("invalid_birth_date", "A child is born already and under 18.", born_on="invalid_birth_date")
    number = _checked_snils(request.get("snils"))
    _insert(session, child | _hidden(vault, child, number))
    _link(session, guardian, child)
    _announce(session, guardian, child, municipality["payer_code"], region["time_zone"])
    return child | {"snils_ending": number[-2:] if number else None}


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


def _described(request: dict[str, Any]) -> dict[str, Any]:
    """The names as they are kept, and the birth date."""
    described: dict[str, Any] = {"born_on": request["born_on"]}
    for part in ("family_name", "given_name", "patronymic"):
        written = names.written(request.get(part) or "")
        if not names.is_name(written) and (written or part != "patronymic"):
            raise InvalidInput("invalid_name", "A name is made of letters.", **{part: "invalid_name"})
        described[part] = written or None
    return described


def _checked_snils(number: str | None) -> str | None:
    if number is not None and not snils.is_valid(number):
        raise InvalidInput("invalid_snils", "The control digits do not agree.", snils="invalid_snils")
    return snils.digits_of(number) if number else None


def _hidden(vault: Vault, child: dict[str, Any], number: str | None) -> dict[str, Any]:
    """The sealed SNILS, and the keyed hashes that find a child registered twice."""
    person = names.same_person_key(child["family_name"], child["given_name"], child["patronymic"])
    return {
        "identity_index": vault.index("identity", f"{person}|{child['born_on'].isoformat()}"),
        "snils_index": vault.index("snils", number) if number else None,
        "snils_sealed": vault.seal(number, child["child_id"]) if number else None,
    }


def _insert(session: Session, columns: dict[str, Any]) -> None:
    statement = insert(Child).values(columns).on_conflict_do_nothing().returning(Child.child_id)
    if session.execute(statement).one_or_none() is None:
        raise Conflict("child_already_registered", "This child is registered already.")


def _link(session: Session, guardian: Actor, child: dict[str, Any]) -> None:
    session.add(
        Guardianship(
            region_code=guardian.region_code,
            guardian_id=guardian.subject,
            child_id=child["child_id"],
            since_at=child["registered_at"],
        )
    )


def _announce(session: Session, guardian: Actor, child: dict[str, Any], payer_code: str, time_zone: str) -> None:
    record(
        session,
        contract.CHILD_REGISTERED,
        region_code=child["region_code"],
        subject=child["child_id"],
        version=child["version"],
        data={
            "child_id": child["child_id"],
            "guardian_ids": [guardian.subject],
            "born_on": child["born_on"],
            "municipality_code": child["municipality_code"],
            "payer_code": payer_code,
            "time_zone": time_zone,
        },
    )
