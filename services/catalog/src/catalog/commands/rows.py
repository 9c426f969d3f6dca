"""Saving a row only when it differs."""

from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from catalog.models import Base

Row = TypeVar("Row", bound=Base)


def save(session: Session, model: type[Row], key: dict[str, Any], fields: dict[str, Any]) -> Row | None:
    """Insert or change the row and return it locked; None when it was like that already."""
    names = [column.name for column in inspect(model).primary_key]
    statement = insert(model).values(**key, **fields).on_conflict_do_nothing(index_elements=names).returning(model)
    created = session.scalars(statement).one_or_none()
    if created is not None:
        return created
    row = session.get_one(model, tuple(key[name] for name in names), with_for_update=True, populate_existing=True)
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    session.flush()
    return row if changed else None
