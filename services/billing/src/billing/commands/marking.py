"""Marks of lesson pages: those of all pages that have arrived are kept, and then what they ask for is settled.

No mark makes a child need money, so no line is touched.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from billing.commands import locks
from billing.commands.lines import Marked
from billing.commands.settling import settle_marked
from billing.models import Certificate, Enrollment
from chassis.batches import Alone
from chassis.outbox import Received

_KNOWN = (
    select(Enrollment.child_id, Certificate.certificate_id)
    .outerjoin(
        Certificate,
        (Certificate.region_code == Enrollment.region_code) & (Certificate.child_id == Enrollment.child_id),
    )
    .where(
        Enrollment.region_code == bindparam("region_code"),
        Enrollment.enrollment_id.in_(bindparam("enrollment_ids", expanding=True)),
    )
)
_MARKING = text(
    "INSERT INTO attendance_mark (region_code, enrollment_id, lesson_id, mark, page_version, marked_at)"
    " SELECT :region_code, page.enrollment_id, page.lesson_id, page.mark, page.page_version, page.marked_at"
    " FROM unnest(CAST(:enrollment_ids AS uuid[]), CAST(:lesson_ids AS uuid[]), CAST(:marks AS text[]),"
    " CAST(:page_versions AS int[]), CAST(:marked_at AS timestamptz[]))"
    " AS page (enrollment_id, lesson_id, mark, page_version, marked_at)"
    " ON CONFLICT (region_code, enrollment_id, lesson_id) DO UPDATE SET"
    " mark = excluded.mark, page_version = excluded.page_version, marked_at = excluded.marked_at"
    " WHERE attendance_mark.page_version < excluded.page_version"
)


def keep_pages(session: Session, events: Sequence[Received]) -> None:
    """Keep the marks of lesson pages, each unless a newer page is known, and settle the children they concern.

    No two pages are of one lesson. Marks of enrolments that are not known yet wait for them; a page with such marks
    wants to be kept `Alone`, since it keeps all other facts of the region out.
    """
    for region_code in sorted({event.region_code for event in events}):
        _keep_in(session, region_code, [event for event in events if event.region_code == region_code])


def _keep_in(session: Session, region_code: str, pages: Sequence[Received]) -> None:
    found = {
        (line["enrollment_id"], page.data["lesson_id"]): (line["mark"], page.data["page_version"], page.occurred_at)
        for page in pages
        for line in page.data["marks"]
    }
    ordered = sorted(found)
    enrollment_ids, lesson_ids = [each for each, _ in ordered], [each for _, each in ordered]
    certificate_ids = _certificates_of(session, region_code, sorted({*enrollment_ids}), among_others=len(pages) > 1)
    marks = {
        "region_code": region_code,
        "enrollment_ids": enrollment_ids,
        "lesson_ids": lesson_ids,
        "marks": [found[each][0] for each in ordered],
        "page_versions": [found[each][1] for each in ordered],
        "marked_at": [found[each][2] for each in ordered],
    }
    session.execute(_MARKING, marks)
    if certificate_ids:
        contexts = {page.data["lesson_id"]: page.context for page in pages}
        settle_marked(session, region_code, certificate_ids, Marked(enrollment_ids, lesson_ids, contexts))


def _certificates_of(
    session: Session, region_code: str, enrollment_ids: Sequence[str], *, among_others: bool
) -> set[str]:
    """The certificates that are known of the enrolments' children.

    A fact that would settle one of these enrolments without seeing its mark is waited for, and let in no more.
    """
    known = _known(session, region_code, enrollment_ids)
    without = sorted({row.child_id for row in known if row.certificate_id is None})
    if len(known) < len(enrollment_ids):
        if among_others:
            raise Alone
        locks.facts_of_region(session, region_code)
        known = _known(session, region_code, enrollment_ids)
    elif without:
        for child_id in without:
            locks.facts_of_child(session, region_code, child_id)
        known = _known(session, region_code, enrollment_ids)
    return {row.certificate_id for row in known if row.certificate_id is not None}


def _known(session: Session, region_code: str, enrollment_ids: Sequence[str]) -> Sequence[Any]:
    return session.execute(_KNOWN, {"region_code": region_code, "enrollment_ids": enrollment_ids}).all()
