"""SQL that reads and commands share: which rules hold, which enrolments live, in which period, who waits where."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, ScalarSelect, Select, and_, bindparam, cast, func, select

from billing.domain.contract import VALID
from billing.models.facts import Certificate, CertificateState, Enrollment, EnrollmentEnd
from billing.models.funding import FundingPeriod, FundingProgramme, FundingRequest, FundingRules

AT: ColumnElement[datetime] = bindparam("at", type_=DateTime(timezone=True))
"""SQL: the instant for which a query is asked, given as `at` when it is executed."""
CATEGORY = "children_5_17"
"""The category of children that this version funds: everyone of 5 to 17."""


def local_day(at: datetime | ColumnElement[datetime]) -> ColumnElement[object]:
    """SQL, on `FundingPeriod`: the day that the instant falls on in the period's region."""
    instant = bindparam(None, at, type_=DateTime(timezone=True)) if isinstance(at, datetime) else at
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


def rules_on(day: Any) -> ColumnElement[bool]:
    """SQL, on `FundingProgramme` and `FundingPeriod`: the version of the rules that holds on a day.

    Before the period it is that of its first day, and after it that of its last.
    """
    within = func.least(func.greatest(day, FundingPeriod.starts_on), FundingPeriod.ends_on)
    return and_(
        FundingRules.region_code == FundingProgramme.region_code,
        FundingRules.programme_id == FundingProgramme.programme_id,
        FundingRules.superseded_at.is_(None),
        within.between(FundingRules.valid_from, FundingRules.valid_until),
    )


def end_of_enrollment() -> ColumnElement[bool]:
    """SQL: how the enrolment ended, if it did."""
    return and_(
        EnrollmentEnd.region_code == Enrollment.region_code,
        EnrollmentEnd.enrollment_id == Enrollment.enrollment_id,
    )


def out_of_force() -> ColumnElement[bool]:
    """SQL: the certificate's state, unless it is valid."""
    return and_(
        CertificateState.region_code == Certificate.region_code,
        CertificateState.certificate_id == Certificate.certificate_id,
        CertificateState.state != VALID,
    )


def last_live_day() -> ColumnElement[date]:
    """SQL, on `Enrollment`, `EnrollmentEnd` and `Certificate`: the last day on which the enrolment needs money.

    Who is leaving needs none on the last day any more.
    """
    return func.least(Enrollment.group_ends_on, EnrollmentEnd.effective_on - 1, Certificate.valid_until)


def in_line(day: ColumnElement[object]) -> ColumnElement[bool]:
    """SQL, on `FundingRequest`: it waits for money, and its child has a live enrolment on the day.

    Without one it is passed over and keeps its place.
    """
    return and_(FundingRequest.granted_at.is_(None), FundingRequest.live_until >= day)


def waiting(region_code: Any, programme_id: Any, at: datetime) -> Select[int]:
    """SQL: how many wait in the programme's line: a count over one index, whatever enrolments there are."""
    today = (
        select(local_day(at))
        .select_from(FundingProgramme)
        .join(
            FundingPeriod,
            (FundingPeriod.region_code == FundingProgramme.region_code)
            & (FundingPeriod.period_id == FundingProgramme.period_id),
        )
        .where(FundingProgramme.region_code == region_code, FundingProgramme.programme_id == programme_id)
        .correlate(None)
        .scalar_subquery()
    )
    return (
        select(func.count())
        .select_from(FundingRequest)
        .where(
            FundingRequest.region_code == region_code,
            FundingRequest.programme_id == programme_id,
            in_line(today),
        )
    )


def position(region_code: str, programme_id: str, arrival: int, at: datetime) -> ScalarSelect[int]:
    """SQL: the place in the programme's line of who arrived with this number: 1 when nobody is before it."""
    before = waiting(region_code, programme_id, at).where(FundingRequest.arrival < arrival).subquery()
    return select(before.c[0] + 1).scalar_subquery()
