"""Regions and municipalities."""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.errors import RuleViolated

_REGION = re.compile(r"\d{2}")
_MUNICIPALITY = re.compile(r"\d{8}")
_PAYER = re.compile(r"\d{2}")


@dataclass(frozen=True)
class Region:
    """A region of the installation: its words, hours, addresses of the portal and contacts."""

    region_code: str
    name: str
    time_zone: str
    financing_term: str
    certificate_term: str
    hosts: tuple[str, ...]
    contacts: str


@dataclass(frozen=True)
class Municipality:
    """A municipality by its OKTMO code; `payer_code` is digits 3 and 4 of its certificates' numbers."""

    region_code: str
    municipality_code: str
    payer_code: str
    name: str


def check_region(region: Region) -> None:
    """Raises `RuleViolated` for a code that is not two digits or a time zone that does not exist."""
    if not _REGION.fullmatch(region.region_code):
        raise RuleViolated("region_code_wrong", "A region's code is two digits.")
    try:
        ZoneInfo(region.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise RuleViolated("time_zone_unknown", "The time zone is an IANA name.") from None


def check_municipality(municipality: Municipality) -> None:
    """Raises `RuleViolated` unless the OKTMO code has eight digits and the payer's code two."""
    if not _MUNICIPALITY.fullmatch(municipality.municipality_code):
        raise RuleViolated("municipality_code_wrong", "A municipality's OKTMO code is eight digits.")
    if not _PAYER.fullmatch(municipality.payer_code):
        raise RuleViolated("payer_code_wrong", "A payer's code is two digits.")
