"""Regions, municipalities and directions."""

from marshmallow import fields

from contracts.accounts import Nothing, Page
from contracts.base import PUBLIC, Event, Method, Strict
from contracts.catalog.codes import DIRECTIONS, SERVICE
from contracts.fields import Code, Municipality, Region, Text, Written


class RegionPublished(Strict):
    """A region works in this installation."""

    region_code = Region(required=True)
    time_zone = Text(required=True, metadata={"example": "Asia/Irkutsk"})


class MunicipalityPublished(Strict):
    """A municipality of a region, payer of its children's certificates."""

    municipality_code = Municipality(required=True)
    region_code = Region(required=True)
    payer_code = fields.String(required=True, validate=Written(r"^\d{2}$"))
    name = Text(required=True)


REGION_PUBLISHED = Event(SERVICE, "catalog.region.published.v1", RegionPublished)
MUNICIPALITY_PUBLISHED = Event(SERVICE, "catalog.municipality.published.v1", MunicipalityPublished)


class RegionView(Strict):
    """A region: its words, its hours and where families find the portal."""

    region_code = Region(required=True)
    name = Text(required=True)
    time_zone = Text(required=True)
    financing_term = Text(required=True, metadata={"example": "персонализированное финансирование"})
    certificate_term = Text(required=True)
    hosts = fields.List(Text(), required=True)
    contacts = Text(required=True, longest=500)


class Regions(Strict):
    """All regions of the installation."""

    items = fields.List(fields.Nested(RegionView), required=True)


class MunicipalityFilter(Page):
    """Which municipalities to list."""

    region_code = Region(load_default=None, allow_none=True)


class MunicipalityView(Strict):
    """A municipality."""

    municipality_code = Municipality(required=True)
    region_code = Region(required=True)
    name = Text(required=True)


class Municipalities(Strict):
    """A page of municipalities, by name."""

    items = fields.List(fields.Nested(MunicipalityView), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class DirectionView(Strict):
    """One of the six directions of supplementary education."""

    direction = Code(required=True, one_of=DIRECTIONS)
    name = Text(required=True)


class Directions(Strict):
    """The six directions."""

    items = fields.List(fields.Nested(DirectionView), required=True)


_ANYONE = frozenset({PUBLIC})
LIST_REGIONS = Method(SERVICE, "list_regions", Nothing, Regions, allow=_ANYONE)
LIST_MUNICIPALITIES = Method(SERVICE, "list_municipalities", MunicipalityFilter, Municipalities, allow=_ANYONE)
LIST_DIRECTIONS = Method(SERVICE, "list_directions", Nothing, Directions, allow=_ANYONE)
