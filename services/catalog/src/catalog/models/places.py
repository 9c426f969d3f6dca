"""Regions and municipalities."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base


class RegionRow(Base):
    """A region; the aggregate of `catalog.region.published`."""

    __tablename__ = "region"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    financing_term: Mapped[str]
    certificate_term: Mapped[str]
    hosts: Mapped[list[Any]]
    contacts: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (CheckConstraint(r"region_code ~ '^\d{2}$'", name="code"),)


class MunicipalityRow(Base):
    """A municipality; the aggregate of `catalog.municipality.published`."""

    __tablename__ = "municipality"

    region_code: Mapped[str]
    municipality_code: Mapped[str]
    payer_code: Mapped[str]
    name: Mapped[str] = mapped_column(Text(collation="C"))
    version: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (
        PrimaryKeyConstraint("region_code", "municipality_code"),
        UniqueConstraint("region_code", "payer_code"),
        ForeignKeyConstraint(["region_code"], ["region.region_code"]),
        CheckConstraint(r"municipality_code ~ '^\d{8}$'", name="code"),
        CheckConstraint(r"payer_code ~ '^\d{2}$'", name="payer_code"),
    )
