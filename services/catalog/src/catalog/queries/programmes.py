"""One programme with its groups."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import GroupRow, ModuleRow, ProgrammeRow
from catalog.queries.groups import groups
from catalog.queries.parts import programme_summary, programmes
from chassis.errors import NotFound


def get_programme(session: Session, programme_id: str) -> dict[str, Any]:
    """A published programme with its published groups, soonest first. `NotFound` when it has none."""
    row = session.execute(programmes().where(ProgrammeRow.programme_id == programme_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("programme_not_found", "There is no such programme.")
    of_programme = groups(session, ModuleRow.programme_id == programme_id, GroupRow.state == "published")
    return programme_summary(row) | {"groups": of_programme}
