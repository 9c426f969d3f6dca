"""What enrollment says of a group's seats."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.commands.openings import count_openings_of_group
from catalog.models import SeatsRow


def note_seats(session: Session, region_code: str, group_id: str, version: int, seats: dict[str, Any]) -> None:
    """Keep how full the group is, unless an equal or newer version is known."""
    fields = {"version": version, **{name: seats[name] for name in ("capacity", "taken", "waiting")}}
    statement = insert(SeatsRow).values(region_code=region_code, group_id=group_id, **fields)
    kept = session.scalar(
        statement.on_conflict_do_update(
            index_elements=["region_code", "group_id"], set_=fields, where=SeatsRow.version < version
        ).returning(SeatsRow.version)
    )
    if kept is not None:
        count_openings_of_group(session, region_code, group_id)
