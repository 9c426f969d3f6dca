"""Regions and municipalities enter the installation."""

from dataclasses import asdict

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.commands.rows import save
from catalog.domain.places import Municipality, Region, check_municipality, check_region
from catalog.models import MunicipalityRow, RegionRow
from chassis.errors import Conflict, NotFound
from chassis.outbox import record
from contracts import catalog as contract


def publish_region(session: Session, region: Region) -> bool:
    """Keep and announce the region; False when it was announced like that already.

    `Conflict` when its time zone would change: lessons are planned in it.
    """
    check_region(region)
    known = session.get(RegionRow, region.region_code)
    if known is not None and known.time_zone != region.time_zone:
        raise Conflict("region_time_zone_fixed", "A region keeps its time zone.")
    fields = asdict(region) | {"hosts": list(region.hosts)}
    row = save(session, RegionRow, {"region_code": fields.pop("region_code")}, fields)
    if row is None:
        return False
    row.version += 1
    record(
        session,
        contract.REGION_PUBLISHED,
        region_code=row.region_code,
        subject=row.region_code,
        version=row.version,
        data={"region_code": row.region_code, "time_zone": row.time_zone},
    )
    return True


def publish_municipality(session: Session, municipality: Municipality) -> bool:
    """Keep and announce the municipality; False when it was announced like that already.

    `NotFound` for an unknown region, `Conflict` when another municipality of the region has the payer's code.
    """
    check_municipality(municipality)
    region_of(session, municipality.region_code)
    key = {"region_code": municipality.region_code, "municipality_code": municipality.municipality_code}
    try:
        with session.begin_nested():
            fields = {"payer_code": municipality.payer_code, "name": municipality.name}
            row = save(session, MunicipalityRow, key, fields)
    except IntegrityError as error:
        raise Conflict("payer_code_taken", "Another municipality of the region has this payer code.") from error
    if row is None:
        return False
    row.version += 1
    record(
        session,
        contract.MUNICIPALITY_PUBLISHED,
        region_code=row.region_code,
        subject=row.municipality_code,
        version=row.version,
        data=asdict(municipality),
    )
    return True


def region_of(session: Session, region_code: str) -> RegionRow:
    """The region. `NotFound` when the installation has none with this code."""
    region = session.get(RegionRow, region_code)
    if region is None:
        raise NotFound("region_not_found", "There is no such region here.")
    return region
