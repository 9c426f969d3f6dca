"""Programmes and their modules."""

from dataclasses import asdict

from sqlalchemy.orm import Session

from catalog.commands.announcements import announce_groups
from catalog.commands.openings import open_programme
from catalog.commands.providers import require_municipality
from catalog.commands.rows import save
from catalog.commands.words import learn_words, searchable
from catalog.domain.programmes import Module, Programme, check_module, check_programme
from catalog.domain.search import normalise
from catalog.models import ModuleRow, ProgrammeRow, ProviderRow
from chassis.errors import Conflict, NotFound


def save_programme(session: Session, programme: Programme) -> bool:
    """Keep the programme; False when nothing changed. Its groups are announced anew where they differ.

    `NotFound` for an unknown provider or municipality.
    """
    check_programme(programme)
    require_municipality(session, programme.region_code, programme.municipality_code)
    provider = session.get(ProviderRow, (programme.region_code, programme.provider_id), with_for_update={"read": True})
    if provider is None:
        raise NotFound("provider_not_found", "There is no such provider.")
    search_text = searchable(programme.title, programme.summary, provider.name)
    fields = asdict(programme) | {"search_title": normalise(programme.title), "search_text": search_text}
    key = {name: fields.pop(name) for name in ("region_code", "programme_id")}
    if save(session, ProgrammeRow, key, fields) is None:
        return False
    open_programme(session, programme.region_code, programme.programme_id)
    learn_words(session, programme.region_code, search_text)
    announce_groups(
        session,
        ProgrammeRow.region_code == programme.region_code,
        ProgrammeRow.programme_id == programme.programme_id,
    )
    return True


def save_module(session: Session, module: Module) -> bool:
    """Keep the module; False when nothing changed. A new price is a new version of its groups' terms.

    `NotFound` for an unknown programme, `Conflict` when the unit would change: groups may have prices in it.
    """
    check_module(module)
    programme = session.get(ProgrammeRow, (module.region_code, module.programme_id), with_for_update={"read": True})
    if programme is None:
        raise NotFound("programme_not_found", "There is no such programme.")
    fields = {
        "programme_id": module.programme_id,
        "title": module.title,
        "price_minor": module.price.minor,
        "normative_price_minor": module.normative_price.minor,
        "unit": module.price.unit,
    }
    key = {"region_code": module.region_code, "module_id": module.module_id}
    known = session.get(ModuleRow, tuple(key.values()), with_for_update=True)
    if known is not None and known.unit != module.price.unit:
        raise Conflict("module_unit_fixed", "A module keeps its unit.")
    if save(session, ModuleRow, key, fields) is None:
        return False
    announce_groups(session, ModuleRow.region_code == module.region_code, ModuleRow.module_id == module.module_id)
    return True
