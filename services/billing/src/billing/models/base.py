"""What the tables have in common. Amounts are hundredths (`_minor`) with the unit in `unit`."""

from typing import Annotated

from sqlalchemy import Integer, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column

from chassis.database import TYPES, new_metadata

Region = Annotated[str, mapped_column(primary_key=True)]
Id = Annotated[str, mapped_column(Uuid(as_uuid=False))]
KeyId = Annotated[str, mapped_column(Uuid(as_uuid=False), primary_key=True)]
KeyText = Annotated[str, mapped_column(primary_key=True)]
Small = Annotated[int, mapped_column(Integer)]
Zero = Annotated[int, mapped_column(server_default="0")]
UNIT = "unit IN ('RUB', 'HOUR')"


class Base(DeclarativeBase):
    """The declarative base of billing's tables."""

    metadata = new_metadata()
    type_annotation_map = TYPES


def one_of(column: str, values: tuple[str, ...]) -> str:
    """SQL: the column holds one of the values."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
