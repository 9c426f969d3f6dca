"""Providers and their teachers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import ID, Base


class ProviderRow(Base):
    """Who teaches; the aggregate of `catalog.provider.suspended` and `catalog.provider.activated`.

    Version 0 means that nothing was decided yet: it is active.
    """

    __tablename__ = "provider"

    region_code: Mapped[str]
    provider_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str]
    name: Mapped[str]
    municipality_code: Mapped[str]
    inn: Mapped[str]
    ogrn: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="active")
    decision_reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ID)
    version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "provider_id"),
        ForeignKeyConstraint(
            ["region_code", "municipality_code"], ["municipality.region_code", "municipality.municipality_code"]
        ),
        CheckConstraint(r"inn ~ '^\d{10}(\d{2})?$'", name="inn"),
        CheckConstraint(r"ogrn ~ '^\d{13}(\d{2})?$'", name="ogrn"),
        CheckConstraint("kind IN ('school', 'club', 'sport_school', 'entrepreneur')", name="kind"),
        CheckConstraint("state IN ('active', 'suspended')", name="state"),
    )


class TeacherRow(Base):
    """A teacher of a provider; the name is public."""

    __tablename__ = "teacher"

    region_code: Mapped[str]
    teacher_id: Mapped[str] = mapped_column(ID)
    provider_id: Mapped[str] = mapped_column(ID)
    display_name: Mapped[str]

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "teacher_id"),
        ForeignKeyConstraint(["region_code", "provider_id"], ["provider.region_code", "provider.provider_id"]),
    )
