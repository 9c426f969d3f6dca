"""Deciding claims: whether a second registration means the known child, and whether its author is a guardian too."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import claim_queries
from accounts.commands import admission, children, recognition
from accounts.domain.likeness import BY_SNILS, Sketch
from accounts.models import Child, Claim
from accounts.vault import Vault
from chassis import clock
from chassis.context import Actor
from chassis.errors import Conflict, NotFound, RuleViolated


def decide_claim(session: Session, vault: Vault, officer: Actor, request: dict[str, Any]) -> dict[str, Any]:
    """Decide a claim on a child of the officer's municipality; the decision is final, and its reading is recorded.

    `approved` makes the claimant a guardian of the child. `another_child` registers the claimed child beside its
    namesake, or, if there is one more namesake, claims that one. `rejected` changes nothing; a new registration would
    be a new claim. `NotFound` claim_not_found, `Conflict` claim_decided, `RuleViolated` claim_matched_by_snils where
    two children would share an insurance number.
    """
    claim, child = _locked(session, officer, request["claim_id"])
    if claim.state != "open":
        raise Conflict("claim_decided", "The claim has been decided.", state=claim.state)
    form = admission.form_of(vault, claim)
    claim.state, claim.decided_at, claim.decided_by = request["decision"], clock.now(), officer.subject
    claim.basis, claim.snils_sealed = request["basis"], None
    session.flush()
    if request["decision"] == "approved":
        children.add_guardian(session, child, claim.claimant_id)
    elif request["decision"] == "another_child":
        _tell_apart(session, vault, claim, form)
    children.note_access(session, officer, [child.child_id], purpose="claim_decision")
    return claim_queries.to_decide(session, officer, claim.claim_id)


def _tell_apart(session: Session, vault: Vault, claim: Claim, form: dict[str, Any]) -> None:
    if claim.matched_by == BY_SNILS:
        raise RuleViolated("claim_matched_by_snils", "One insurance number is one child: reject the claim instead.")
    admitted = admission.admit(session, vault, claim.region_code, claim.claimant_id, form)
    claim.separate_child_id = admitted.child.child_id if admitted.child else None
    session.flush()


def _locked(session: Session, officer: Actor, claim_id: str) -> tuple[Claim, Child]:
    """The claim and its child, locked in the order in which registrations lock them."""
    claim = session.scalar(claim_queries.within_reach(select(Claim), officer).where(Claim.claim_id == claim_id))
    if claim is None:
        raise NotFound("claim_not_found", "No such claim.")
    recognition.hold(session, claim.region_code, Sketch(claim.identity_index, claim.snils_index))
    child = session.scalars(
        select(Child).filter_by(region_code=claim.region_code, child_id=claim.child_id).with_for_update()
    ).one()
    session.refresh(claim, with_for_update=True)
    return claim, child
