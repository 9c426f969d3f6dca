"""Which provider's staff may read which child's name."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from accounts.models.base import ID, Base


class Pupil(Base):
    """That a child is enrolled with a provider, whose staff may therefore read its name."""

    __tablename__ = "pupil"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    enrollment_id: Mapped[str] = mapped_column(ID, primary_key=True)
    enrolled_at: Mapped[datetime]


class Applicant(Base):
    """That a child applied to a provider, whose staff may therefore read its name."""

    __tablename__ = "applicant"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(ID, primary_key=True)
    child_id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ID, primary_key=True)
    submitted_at: Mapped[datetime]


class Departure(Base):
    """That an application, or the enrolment it became, has ended, and with it what its tie was good for.

    `last_on` is the enrolment's last local day; none where it never became one.
    """

    __tablename__ = "departure"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ID, primary_key=True)
    last_on: Mapped[date | None]
