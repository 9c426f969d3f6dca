"""SQL that several reads and commands share: which enrolments live, which period they fall in, who waits where."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    ScalarSelect,
    and_,
    bindparam,
    cast,
    exists,
    func,
    select,
)

from billing.models.facts import Certificate, Enrollment
from billing.models.funding import FundingPeriod, FundingProgramme, FundingRequest

CATEGORY = "children_5_17"
"""The category of children that this version funds: everyone of 5 to 17."""


def local_day(at: datetime) -> ColumnElement[object]:
    """SQL, on `FundingPeriod`: the day that the instant falls on in the period's region."""
    instant = bindparam(None, at, type_=DateTime(timezone=True))
    return cast(func.timezone(FundingPeriod.time_zone, instant), Date)


def period_of_enrollment() -> ColumnElement[bool]:
    """SQL: the funding period in which the enrolment's coverage can begin."""
    first_day = func.greatest(Enrollment.enrolled_on, Enrollment.group_starts_on)
    return and_(
        FundingPeriod.region_code == Enrollment.region_code,
        first_day.between(FundingPeriod.starts_on, FundingPeriod.ends_on),
    )


def programme_of_enrollment() -> ColumnElement[bool]:
    """SQL: the programme that can pay for the enrolment of the certificate's child."""
    return and_(
        FundingProgramme.region_code == Certificate.region_code,
        FundingProgramme.municipality_code == Certificate.payer_municipality_code,
        FundingProgramme.period_id == FundingPeriod.period_id,
        FundingProgramme.category == CATEGORY,
        FundingProgramme.unit == Enrollment.unit,
    )


def is_live(at: datetime) -> ColumnElement[bool]:
    """SQL, on `Enrollment` and `FundingPeriod`: the enrolment still has days ahead."""
    return Enrollment.group_ends_on >= local_day(at)


def in_line(at: datetime) -> ColumnElement[bool]:
    """SQL, on `FundingRequest`: it waits for money and its child has a live enrolment.

    Without one it is passed over and keeps its place.
    """
    return and_(
        FundingRequest.granted_at.is_(None),
        exists()
        .where(
            Certificate.region_code == FundingRequest.region_code,
            Certificate.certificate_id == FundingRequest.certificate_id,
            Enrollment.region_code == Certificate.region_code,
            Enrollment.child_id == Certificate.child_id,
            FundingProgramme.region_code == FundingRequest.region_code,
            FundingProgramme.programme_id == FundingRequest.programme_id,
            FundingPeriod.period_id == FundingProgramme.period_id,
            period_of_enrollment(),
            is_live(at),
        )
        .correlate(FundingRequest),
    )


def position(region_code: str, programme_id: str, arrival: int, at: datetime) -> ScalarSelect[int]:
    """SQL: the place in the programme's line of who arrived with this number: 1 when nobody is before it."""
    return (
        select(func.count() + 1)
        .select_from(FundingRequest)
        .where(
            FundingRequest.region_code == region_code,
            FundingRequest.programme_id == programme_id,
            FundingRequest.arrival < arrival,
            in_line(at),
        )
        .scalar_subquery()
    )
