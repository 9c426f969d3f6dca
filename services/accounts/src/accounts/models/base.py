"""What the tables have in common."""

from sqlalchemy import Uuid
from sqlalchemy.orm import DeclarativeBase

from chassis.database import TYPES, new_metadata

ID = Uuid(as_uuid=False)


class Base(DeclarativeBase):
    """Declarative base of the service."""

    metadata = new_metadata()
    type_annotation_map = TYPES
