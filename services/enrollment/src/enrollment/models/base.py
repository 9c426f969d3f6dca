"""What the tables have in common."""

from typing import Annotated

from sqlalchemy import Integer, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column

from chassis.database import TYPES, new_metadata

Id = Annotated[str, mapped_column(Uuid(as_uuid=False))]
KeyId = Annotated[str, mapped_column(Uuid(as_uuid=False), primary_key=True)]
Region = Annotated[str, mapped_column(primary_key=True)]
Count = Annotated[int, mapped_column(Integer, server_default="0")]


class Base(DeclarativeBase):
    """The declarative base of enrollment's tables."""

    metadata = new_metadata()
    type_annotation_map = TYPES


def one_of(column: str, values: tuple[str, ...]) -> str:
    """SQL: the column holds one of the values."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
