"""Locks, always taken in this order: the region's facts, a child's facts, programmes, certificates (each in id order).
Who works in several regions does so in the order of their codes.

Two facts that meet must not miss each other: if neither transaction saw the other's row, nobody would settle. So all
facts of one child are kept one after the other. A lesson page names enrolments, not children; while some of them are
still unknown here, it keeps every other fact of the region out for the moment. Children whose certificates are missing
are locked one by one, in id order: a child that never gets one must not slow the whole region down.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.orm import Session

from billing.models import Certificate, FundingProgramme

_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:key, 2))")
_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))")
_CERTIFICATES = (
    select(Certificate.certificate_id, Certificate.child_id, Certificate.payer_municipality_code)
    .where(
        Certificate.region_code == bindparam("region_code"),
        Certificate.child_id.in_(bindparam("child_ids", expanding=True))
        | Certificate.certificate_id.in_(bindparam("certificate_ids", expanding=True)),
    )
    .order_by(Certificate.certificate_id)
    .with_for_update(key_share=True)
)


def facts_of_child(session: Session, region_code: str, child_id: str) -> None:
    """Keep other facts of the child out until this transaction ends."""
    session.execute(_SHARED, {"key": f"facts {region_code}"})
    session.execute(_EXCLUSIVE, {"key": f"facts {region_code} {child_id}"})


def facts_of_region(session: Session, region_code: str) -> None:
    """Keep all other facts of the region out until this transaction ends; wait for those that are in."""
    session.execute(_EXCLUSIVE, {"key": f"facts {region_code}"})


def periods_of_region(session: Session, region_code: str) -> None:
    """Set one period of the region after the other."""
    session.execute(_EXCLUSIVE, {"key": f"periods {region_code}"})


def programmes(session: Session, region_code: str, programme_ids: Collection[str]) -> Sequence[FundingProgramme]:
    """The funding programmes, locked in the order of their ids."""
    query = (
        select(FundingProgramme)
        .where(FundingProgramme.region_code == region_code, FundingProgramme.programme_id.in_(programme_ids))
        .order_by(FundingProgramme.programme_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def certificates(
    session: Session, region_code: str, child_ids: Collection[str], certificate_ids: Collection[str]
) -> Sequence[Row[str, str, str]]:
    """(certificate, child, payer) of those children and of those certificates, locked in the order of their ids."""
    asked = {"region_code": region_code, "child_ids": list(child_ids), "certificate_ids": list(certificate_ids)}
    return session.execute(_CERTIFICATES, asked).all()
