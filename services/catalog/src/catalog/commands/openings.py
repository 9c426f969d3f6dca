"""What the open groups of a programme come to, kept for lists and searches.

A programme's row is locked before it is counted anew, so that of two changes at once the later counts both.
"""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.models import GroupRow, ModuleRow, OpeningRow

_LOCK = text("SELECT 1 FROM opening WHERE region_code = :region_code AND programme_id = :programme_id FOR UPDATE")
_COUNT = text(
    """
    UPDATE opening
    SET (rub_from_minor, hour_from_minor, weekdays, places_free) = (
        SELECT min(coalesce(g.price_minor, m.price_minor)) FILTER (WHERE m.unit = 'RUB'),
               min(coalesce(g.price_minor, m.price_minor)) FILTER (WHERE m.unit = 'HOUR'),
               coalesce(bit_or(g.weekdays), 0),
               coalesce(sum(greatest(g.capacity - coalesce(s.taken, 0), 0)), 0)
        FROM module AS m
        JOIN study_group AS g USING (region_code, module_id)
        LEFT JOIN seats AS s USING (region_code, group_id)
        WHERE m.region_code = :region_code AND m.programme_id = :programme_id AND g.state = 'published'
    )
    WHERE region_code = :region_code AND programme_id = :programme_id
    """
)


def open_programme(session: Session, region_code: str, programme_id: str) -> None:
    """Make the programme's row, without any open group, if there is none."""
    session.execute(
        insert(OpeningRow).values(region_code=region_code, programme_id=programme_id).on_conflict_do_nothing()
    )


def count_openings(session: Session, region_code: str, programme_ids: Iterable[str]) -> None:
    """Count anew the open groups of these programmes of a region."""
    session.flush()
    for programme_id in sorted(set(programme_ids)):
        which = {"region_code": region_code, "programme_id": programme_id}
        session.execute(_LOCK, which)
        session.execute(_COUNT, which)


def count_openings_of_group(session: Session, region_code: str, group_id: str) -> None:
    """Count anew the open groups of the programme that the group is of, if it is known."""
    session.flush()
    of_group = select(ModuleRow.programme_id).join(
        GroupRow, (GroupRow.region_code == ModuleRow.region_code) & (GroupRow.module_id == ModuleRow.module_id)
    )
    ours = GroupRow.region_code == region_code, GroupRow.group_id == group_id
    count_openings(session, region_code, session.scalars(of_group.where(*ours)).all())
