"""What all tables of the catalogue have in common."""

from sqlalchemy import Uuid
from sqlalchemy.orm import DeclarativeBase

from chassis.database import TYPES, new_metadata

ID = Uuid(as_uuid=False)
SORT_LETTERS = 24
"""How many letters of a name lists are sorted by; a cursor carries them."""


class Base(DeclarativeBase):
    """Base of the catalogue's tables."""

    metadata = new_metadata()
    type_annotation_map = TYPES
