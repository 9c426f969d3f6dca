"""What becomes of a family's form about a child: a new child, or a claim on one that is known."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import facts
from accounts.commands import children, recognition
from accounts.commands.recognition import Match
from accounts.domain import ages, names, snils
from accounts.domain.likeness import Sketch
from accounts.models import Child, Claim
from accounts.vault import Vault
from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict, InvalidInput


@dataclass(frozen=True)
class Admission:
    """A new child, or the claim on a known one; neither where the family has the child already."""

    child: Child | None = None
    claim_id: str | None = None


def register_child(
    session: Session, vault: Vault, guardian: Actor, request: dict[str, Any]
) -> dict[str, Any] | Conflict:
    """Register a child under its guardian and announce it.

    `Conflict` child_already_registered where the guardian has this child. Where another family has it, the form is
    kept as a claim, and the refusal child_claimed, with `claim_id`, is returned so that the claim is kept with it.
    """
    form = _checked(session, guardian.region_code, request)
    recognition.refuse_while_reindexing(session, guardian.region_code)
    admission = admit(session, vault, guardian.region_code, guardian.subject, form)
    if admission.claim_id is not None:
        message = "This child is registered by another guardian; the municipality will decide."
        return Conflict("child_claimed", message, claim_id=admission.claim_id)
    if admission.child is None:
        raise Conflict("child_already_registered", "You have registered this child already.")
    return _card(admission.child, form["snils"])


def admit(session: Session, vault: Vault, region_code: str, guardian_id: str, form: dict[str, Any]) -> Admission:
    """Make the form's child known, unless it is: then it is the guardian's own already, or becomes their claim."""
    sketch = recognition.sketch_of(vault, form)
    recognition.hold(session, region_code, sketch)
    found = recognition.matches(session, region_code, sketch)
    if any(guardian_id in children.guardian_ids(session, match.child) for match in found):
        return Admission()
    others = recognition.without_ruled_out(session, region_code, guardian_id, sketch, found)
    if others:
        return Admission(claim_id=_claimed(session, vault, guardian_id, form, sketch, others[0]))
    return Admission(child=children.add_child(session, vault, region_code, guardian_id, form, sketch))


def form_of(vault: Vault, claim: Claim) -> dict[str, Any]:
    """The checked form that a claim was made with."""
    names_and_places = ("family_name", "given_name", "patronymic", "born_on", "municipality_code")
    number = vault.open(claim.snils_sealed, claim.claim_id) if claim.snils_sealed else None
    return {name: getattr(claim, name) for name in names_and_places} | {"snils": number}


def _claimed(
    session: Session, vault: Vault, claimant_id: str, form: dict[str, Any], sketch: Sketch, match: Match
) -> str:
    """The guardian's open claim on the locked child, made if there is none."""
    child = match.child
    place = {"region_code": child.region_code, "child_id": child.child_id, "claimant_id": claimant_id}
    waiting = session.scalar(select(Claim.claim_id).filter_by(state="open", **place))
    if waiting is not None:
        return waiting
    claim_id, described = str(uuid.uuid4()), {name: value for name, value in form.items() if name != "snils"}
    session.add(
        Claim(
            **place,
            **described,
            claim_id=claim_id,
            snils_sealed=vault.seal(form["snils"], claim_id) if form["snils"] else None,
            snils_index=sketch.snils,
            identity_index=sketch.identity,
            matched_by=match.by,
            state="open",
            claimed_at=clock.now(),
        )
    )
    session.flush()
    return claim_id


def _checked(session: Session, region_code: str, request: dict[str, Any]) -> dict[str, Any]:
    """The form as it is kept, or `InvalidInput` that names the field."""
    region = facts.region(session, region_code)
    facts.municipality(session, region_code, request["municipality_code"])
    form = _described(request) | {"municipality_code": request["municipality_code"]}
    if not ages.is_child(form["born_on"], clock.today(region["time_zone"])):
        raise InvalidInput("invalid_birth_date", "A child is born already and under 18.", born_on="invalid_birth_date")
    return form | {"snils": _checked_snils(request.get("snils"))}


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


def _card(child: Child, number: str | None) -> dict[str, Any]:
    shown = ("child_id", "family_name", "given_name", "patronymic", "born_on", "municipality_code", "registered_at")
    return {name: getattr(child, name) for name in shown} | {"snils_ending": number[-2:] if number else None}
