"""Providers and their teachers."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.commands.groups import announce_groups
from catalog.commands.rows import save
from catalog.commands.words import learn_words, searchable
from catalog.domain.programmes import Provider, Teacher, check_provider
from catalog.models import MunicipalityRow, ProgrammeRow, ProviderRow, TeacherRow
from chassis.errors import NotFound


def save_provider(session: Session, provider: Provider) -> bool:
    """Keep the provider; False when nothing changed. Groups whose announcement no longer holds are announced anew."""
    check_provider(provider)
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
