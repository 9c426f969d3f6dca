"""A neighbour's facts, kept by version: what a service needs to know of others without asking them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.outbox import Received
from chassis.tables import fact

_FIND = select(fact.c.body).where(
    fact.c.region_code == bindparam("region_code"),
    fact.c.kind == bindparam("kind"),
    fact.c.fact_id == bindparam("fact_id"),
)
_NEW = insert(fact)
_REMEMBER = _NEW.on_conflict_do_update(
    index_elements=["region_code", "kind", "fact_id"],
    set_={"version": _NEW.excluded.version, "body": _NEW.excluded.body},
    where=fact.c.version < _NEW.excluded.version,
).returning(fact.c.fact_id)


class FactMissing(Exception):
    """A command or query needs a fact that has not arrived; the chassis then reads its producer's log."""

    def __init__(self, projection: "Projection", fact_id: str) -> None:
        super().__init__(projection.kind, fact_id)
        self.projection = projection
        self.fact_id = fact_id


@dataclass(frozen=True)
class Projection:
    """Facts of one kind, built from the producer's events of these types."""

    kind: str
    producer: str
    types: Sequence[str]

    def remember(self, session: Session, event: Received, fields: Mapping[str, Any] | None = None) -> bool:
        """Keep the event's fact. False, and no change, when an equal or newer version is known."""
        row = {
            "region_code": event.region_code,
            "kind": self.kind,
            "fact_id": event.subject,
            "version": event.version,
            "body": to_json(event.data if fields is None else fields),
        }
        return session.execute(_REMEMBER, row).first() is not None

    def find(self, session: Session, region_code: str, fact_id: str) -> dict[str, Any] | None:
        """The fact as JSON values, or None."""
        return session.scalar(_FIND, {"region_code": region_code, "kind": self.kind, "fact_id": fact_id})

    def need(self, session: Session, region_code: str, fact_id: str) -> dict[str, Any]:
        """The fact as JSON values; where it is missing, the chassis asks its producer and runs the command again."""
        found = self.find(session, region_code, fact_id)
        if found is None:
            raise FactMissing(self, fact_id)
        return found


def to_json(fields: Any) -> Any:
    """Dates and instants as ISO text, within mappings and lists."""
    if isinstance(fields, Mapping):
        return {str(name): to_json(value) for name, value in fields.items()}
    if isinstance(fields, list | tuple):
        return [to_json(value) for value in fields]
    return fields.isoformat() if hasattr(fields, "isoformat") else fields
