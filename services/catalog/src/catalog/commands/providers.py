"""Providers, what the regional operator decides about them, and their teachers."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.ru import inn, ogrn

from catalog.commands.announcements import announce_groups
from catalog.commands.rows import save
from catalog.commands.words import learn_words, searchable
from catalog.domain.programmes import ACTIVE, Provider, Teacher, check_decision, check_provider
from catalog.models import MunicipalityRow, ProgrammeRow, ProviderRow, TeacherRow
from chassis import clock
from chassis.errors import NotFound, RuleViolated
from chassis.outbox import record
from contracts import catalog as contract


def save_provider(session: Session, provider: Provider) -> bool:
    """Keep the provider; False when nothing changed. Groups whose announcement no longer holds are announced anew.

    `RuleViolated` by `domain.programmes` and for an INN or OGRN whose check digits are wrong.
    """
    check_provider(provider)
    _check_digits(provider)
    require_municipality(session, provider.region_code, provider.municipality_code)
    fields = asdict(provider)
    key = {name: fields.pop(name) for name in ("region_code", "provider_id")}
    if save(session, ProviderRow, key, fields) is None:
        return False
    of_provider = (
        ProgrammeRow.region_code == provider.region_code,
        ProgrammeRow.provider_id == provider.provider_id,
    )
    programmes = session.scalars(select(ProgrammeRow).where(*of_provider).with_for_update()).all()
    for programme in programmes:
        programme.search_text = searchable(programme.title, programme.summary, provider.name)
        learn_words(session, provider.region_code, programme.search_text)
    announce_groups(session, *of_provider)
    return True


def decide_provider(
    session: Session, region_code: str, provider_id: str, state: str, reason: str, decided_by: str | None = None
) -> bool:
    """Suspend the provider or admit it again, and announce that; False when it is so already.

    Its groups are not announced anew: enrollment takes no new children of a suspended provider. `NotFound` for an
    unknown provider, `RuleViolated` for a reason that does not fit.
    """
    check_decision(state, reason)
    row = session.get(ProviderRow, (region_code, provider_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("provider_not_found", "There is no such provider.")
    if row.state == state:
        return False
    row.state, row.decision_reason, row.decided_by, row.decided_at = state, reason, decided_by, clock.now()
    row.version += 1
    record(
        session,
        contract.PROVIDER_ACTIVATED if state == ACTIVE else contract.PROVIDER_SUSPENDED,
        region_code=region_code,
        subject=provider_id,
        version=row.version,
        data={"provider_id": provider_id, "changed_at": row.decided_at, "reason": reason},
    )
    return True


def save_teacher(session: Session, teacher: Teacher) -> bool:
    """Keep the teacher; False when nothing changed. `NotFound` for an unknown provider."""
    if session.get(ProviderRow, (teacher.region_code, teacher.provider_id)) is None:
        raise NotFound("provider_not_found", "There is no such provider.")
    fields = asdict(teacher)
    key = {name: fields.pop(name) for name in ("region_code", "teacher_id")}
    return save(session, TeacherRow, key, fields) is not None


def require_municipality(session: Session, region_code: str, municipality_code: str) -> None:
    """`NotFound` when the region has no such municipality."""
    if session.get(MunicipalityRow, (region_code, municipality_code)) is None:
        raise NotFound("municipality_not_found", "The region has no such municipality.")


def _check_digits(provider: Provider) -> None:
    if not inn.is_valid(provider.inn):
        raise RuleViolated("inn_wrong", "The taxpayer's number has wrong check digits.")
    if not ogrn.is_valid(provider.ogrn):
        raise RuleViolated("ogrn_wrong", "The register number has a wrong check digit.")
