"""What is known of enrolments whose contracts are not open yet: all facts of one in one row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from billing.commands.planning import join_as_written
from billing.domain.contract import (
    FROZEN,
    REFUSED,
    Application,
    End,
    Facts,
    Funding,
    Terms,
    certificate_end,
    first_end,
)
from billing.domain.contract import Offer as Offered
from billing.domain.coverage import Lesson, Span
from billing.models import (
    Acceptance,
    Certificate,
    CertificateState,
    Contract,
    ContractRefusal,
    Credit,
    Enrollment,
    EnrollmentEnd,
    FundingPeriod,
    FundingProgramme,
    FundingRules,
    Offer,
    Pocket,
)
from billing.models.queue import (
    AT,
    end_of_enrollment,
    local_day,
    period_of_enrollment,
    programme_of_enrollment,
    rules_on,
)
from chassis import clock
from chassis.values import Amount


@dataclass(frozen=True)
class Known:
    """An enrolment with everything that decides about its contract; what has not come or is not there is None."""

    certificate: Certificate
    enrollment: Enrollment
    period: FundingPeriod
    programme: FundingProgramme | None
    rules: FundingRules | None
    credit: Credit | None
    pocket: Pocket | None
    offer: Offer | None
    acceptance: Acceptance | None
    refusal: ContractRefusal | None
    end: EnrollmentEnd | None
    certificate_state: CertificateState | None
    contract: Contract | None

    @property
    def purse(self) -> Amount:
        """What the certificate has; before the crediting, the nominal of today's rules."""
        nominal = self.rules.nominal_minor if self.rules else 0
        return Amount(self.pocket.available_minor if self.credit and self.pocket else nominal, self.enrollment.unit)

    @property
    def purse_key(self) -> tuple[str, str, str]:
        """Enrolments with the same key share one purse."""
        return self.certificate.certificate_id, self.period.period_id, self.enrollment.unit

    def facts(self, available: Amount, at: datetime) -> Facts:
        """The facts as the domain takes them; `available` is what the purse has left for this enrolment."""
        enrollment = self.enrollment
        return Facts(
            application=self._application(),
            enrolled_on=enrollment.enrolled_on,
            terms=terms_of(enrollment),
            period=Span(self.period.starts_on, self.period.ends_on),
            certificate_ends_on=self.certificate.valid_until,
            offer=_offered(self.offer),
            funding=Funding(self.credit.credited_on, self.credit.was_queued) if self.credit else None,
            available=available,
            end=self._end(at),
            refusal=self.refusal.reason if self.refusal else None,
            frozen=self.certificate_state is not None and self.certificate_state.state == FROZEN,
            closed=self.period.closes_at <= at,
        )

    def _end(self, at: datetime) -> End | None:
        state = self.certificate_state if self.enrollment.price_minor else None
        return end_of(
            End(self.end.effective_on, self.end.kind) if self.end else None,
            certificate_end(state.state, state.changed_on, self.certificate.valid_until) if state else None,
            self.period.ends_on,
            self.period.time_zone,
            at,
        )

    def _application(self) -> Application:
        enrollment, newer = self.enrollment, self.acceptance
        return Application(
            enrollment_id=enrollment.enrollment_id,
            child_id=enrollment.child_id,
            group_id=enrollment.group_id,
            accepted_by=newer.accepted_by if newer else enrollment.accepted_by,
            terms_version=enrollment.terms_version,
            accepted_at=newer.accepted_at if newer else enrollment.submitted_at,
        )


def end_of(left: End | None, out_of_force: End | None, ends_on: date, time_zone: str, at: datetime) -> End | None:
    """The last day that counts for a contract, once the child has left, the certificate or the period has ended."""
    over = clock.local_date(at, time_zone) > ends_on
    return first_end(left, out_of_force, End(ends_on, "period_ended") if over else None)


def terms_of(enrollment: Enrollment) -> Terms:
    """The terms that the enrolment was made on."""
    return Terms(
        group=Span(enrollment.group_starts_on, enrollment.group_ends_on),
        price=Amount(enrollment.price_minor, enrollment.unit),
        normative=Amount(enrollment.normative_minor, enrollment.unit),
        lessons=tuple(
            Lesson(each["lesson_id"], each["number"], date.fromisoformat(each["on"])) for each in enrollment.lessons
        ),
        direction=enrollment.direction,
    )


def _offered(offer: Offer | None) -> Offered | None:
    if offer is None:
        return None
    return Offered(
        child_id=offer.child_id,
        group_id=offer.group_id,
        guardian_id=offer.guardian_id,
        terms_version=offer.terms_version,
        max_parent_share=Amount(offer.max_parent_share_minor, offer.unit),
        expires_at=offer.expires_at,
        used_by=offer.enrollment_id,
    )


def with_unopened_enrollments(session: Session, region_code: str, certificate_ids: Sequence[str]) -> Sequence[str]:
    """The certificates with an enrolment whose contract may yet open: seldom any when a lesson page is settled."""
    return session.scalars(_WITH_UNOPENED, {"region_code": region_code, "certificate_ids": certificate_ids}).all()


def unopened_enrollments(
    session: Session, region_code: str, certificate_ids: Sequence[str], at: datetime
) -> Sequence[Known]:
    """Enrolments of these locked certificates whose contracts may yet open, in the order in which they were made."""
    join_as_written(session)
    asked = {"region_code": region_code, "certificate_ids": certificate_ids, "at": at}
    return [Known(*cast(Any, row)) for row in session.execute(_UNOPENED, asked)]


_ENTITIES = (
    *(Certificate, Enrollment, FundingPeriod, FundingProgramme, FundingRules, Credit, Pocket),
    *(Offer, Acceptance, ContractRefusal, EnrollmentEnd, CertificateState, Contract),
)


def _in_region(model: Any) -> Any:
    return model.region_code == Enrollment.region_code


def _of_child() -> Any:
    return and_(Enrollment.region_code == Certificate.region_code, Enrollment.child_id == Certificate.child_id)


def _of_enrollment(model: Any) -> Any:
    return and_(_in_region(model), model.enrollment_id == Enrollment.enrollment_id)


def _of_certificate(model: Any) -> Any:
    return and_(model.region_code == Certificate.region_code, model.certificate_id == Certificate.certificate_id)


def _of_pocket(model: type[Credit] | type[Pocket]) -> Any:
    return and_(
        _of_certificate(model),
        model.period_id == FundingPeriod.period_id,
        model.municipality_code == Certificate.payer_municipality_code,
        model.unit == Enrollment.unit,
    )


def _with_unopened() -> Select[str]:
    decided = exists().where(
        Contract.region_code == Enrollment.region_code,
        Contract.enrollment_id == Enrollment.enrollment_id,
        or_(Contract.effective_from.is_not(None), Contract.state == REFUSED),
    )
    query = select(Certificate.certificate_id).distinct().join(Enrollment, _of_child())
    return query.where(*_asked(), ~decided)


def _unopened() -> Any:
    newer = aliased(Acceptance)
    newest = (
        select(newer.offer_id)
        .where(newer.region_code == Enrollment.region_code, newer.enrollment_id == Enrollment.enrollment_id)
        .order_by(newer.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(*_ENTITIES)
        .select_from(Certificate)
        .join(Enrollment, _of_child())
        .join(FundingPeriod, period_of_enrollment())
        .outerjoin(Contract, _of_enrollment(Contract) & (Contract.period_id == FundingPeriod.period_id))
        .outerjoin(FundingProgramme, programme_of_enrollment())
        .outerjoin(FundingRules, rules_on(local_day(AT)))
        .outerjoin(Credit, _of_pocket(Credit))
        .outerjoin(Pocket, _of_pocket(Pocket))
        .outerjoin(Offer, _in_region(Offer) & (Offer.offer_id == func.coalesce(newest, Enrollment.offer_id)))
        .outerjoin(Acceptance, _in_region(Acceptance) & (Acceptance.offer_id == Offer.offer_id))
        .outerjoin(ContractRefusal, _of_enrollment(ContractRefusal))
        .outerjoin(EnrollmentEnd, end_of_enrollment())
        .outerjoin(CertificateState, _of_certificate(CertificateState))
        .where(*_asked(), Contract.effective_from.is_(None), Contract.state.is_distinct_from(REFUSED))
        .order_by(Certificate.certificate_id, Enrollment.enrolled_at, Enrollment.enrollment_id)
        .execution_options(populate_existing=True)
    )


def _asked() -> tuple[Any, ...]:
    theirs = Certificate.certificate_id.in_(bindparam("certificate_ids", expanding=True))
    return Certificate.region_code == bindparam("region_code"), theirs


_WITH_UNOPENED, _UNOPENED = _with_unopened(), _unopened()
