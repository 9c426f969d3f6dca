"""Finding the child that a registration means, with nobody else registering it meanwhile."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from accounts.domain import names
from accounts.domain.likeness import BY_SNILS, Sketch, likeness
from accounts.models import Child, Claim
from accounts.vault import Vault
from chassis.errors import Unavailable

RULE = 2
"""Children of rule 1 were indexed with their patronymic."""
REINDEXED_AT_ONCE = 200
_IDENTITY_LOCK, _SNILS_LOCK, _REINDEX_LOCK = 2, 3, 4


@dataclass(frozen=True)
class Match:
    """A known child that a registration may mean, and by what."""

    child: Child
    by: str


def sketch_of(vault: Vault, form: dict[str, Any]) -> Sketch:
    """What the child of a checked form is recognised by."""
    return Sketch(
        identity=_identity(vault, form["family_name"], form["given_name"], form["born_on"]),
        snils=vault.index("snils", form["snils"]) if form["snils"] else None,
    )


def hold(session: Session, region_code: str, sketch: Sketch) -> None:
    """Let nobody else register, claim or decide about such a child before this transaction ends.

    Always name first and number second, then rows of children, then rows of claims.
    """
    session.execute(select(_lock(_IDENTITY_LOCK, region_code, sketch.identity)))
    if sketch.snils is not None:
        session.execute(select(_lock(_SNILS_LOCK, region_code, sketch.snils)))


def matches(session: Session, region_code: str, sketch: Sketch) -> list[Match]:
    """The known children, locked, that the registration may mean: by number first, then the earliest registered."""
    alike = [Child.identity_index == sketch.identity]
    if sketch.snils is not None:
        alike.append(Child.snils_index == sketch.snils)
    children = session.scalars(
        select(Child)
        .where(Child.region_code == region_code, or_(*alike))
        .order_by(Child.registered_at, Child.child_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = [(child, likeness(sketch, Sketch(child.identity_index, child.snils_index))) for child in children]
    return sorted((Match(child, by) for child, by in found if by), key=lambda match: match.by != BY_SNILS)


def without_ruled_out(
    session: Session, region_code: str, claimant_id: str, sketch: Sketch, found: list[Match]
) -> list[Match]:
    """The matches but for namesakes whom a decision has already told apart from the claimant's child."""
    ruled_out = set(
        session.scalars(
            select(Claim.child_id).where(
                Claim.region_code == region_code,
                Claim.claimant_id == claimant_id,
                Claim.identity_index == sketch.identity,
                Claim.state == "another_child",
            )
        )
    )
    return [match for match in found if match.by == BY_SNILS or match.child.child_id not in ruled_out]


def next_namesake(session: Session, region_code: str, identity: bytes) -> int:
    """0 for the first child of a name and birth date, and the next free number for each namesake."""
    highest = session.scalar(
        select(func.max(Child.namesake)).filter_by(region_code=region_code, identity_index=identity)
    )
    return 0 if highest is None else highest + 1


def refuse_while_reindexing(session: Session, region_code: str) -> None:
    """`Unavailable` children_reindexing for the moments after an upgrade in which older children are not found yet."""
    stale = select(Child.child_id).where(Child.region_code == region_code, Child.identity_rule < RULE).limit(1)
    if session.scalar(stale) is not None:
        raise Unavailable("children_reindexing", "Children are being indexed anew; try again in a minute.")


def reindex(session: Session, vault: Vault) -> bool:
    """Index some of the children of an older rule anew; True while there may be more. One process at a time."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_REINDEX_LOCK))):
        return False
    stale = session.scalars(
        select(Child).where(Child.identity_rule < RULE).order_by(Child.registered_at).limit(REINDEXED_AT_ONCE)
    ).all()
    for child in stale:
        identity = _identity(vault, child.family_name, child.given_name, child.born_on)
        child.namesake = next_namesake(session, child.region_code, identity)
        child.identity_index, child.identity_rule = identity, RULE
        session.flush()
    return len(stale) == REINDEXED_AT_ONCE


def _identity(vault: Vault, family_name: str, given_name: str, born_on: date) -> bytes:
    return vault.index("identity", f"{names.same_person_key(family_name, given_name)}|{born_on.isoformat()}")


def _lock(kind: int, region_code: str, index: bytes) -> Any:
    return func.pg_advisory_xact_lock(func.hashtextextended(f"{region_code} {index.hex()}", kind))
