"""Programmes and the search for them."""

from marshmallow import fields, validate

from contracts.accounts import Page
from contracts.base import PUBLIC, Method, Strict
from contracts.catalog.codes import DIRECTIONS, SERVICE
from contracts.catalog.groups import GroupView
from contracts.fields import Amount, Code, Id, Municipality, Region, Text


class ProgrammeSearch(Page):
    """What a family looks for; every filter is optional."""

    q = Text(load_default=None, allow_none=True, longest=200)
    region_code = Region(load_default=None, allow_none=True)
    direction = Code(load_default=None, allow_none=True, one_of=DIRECTIONS)
    municipality_code = Municipality(load_default=None, allow_none=True)
    age = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=0, max=18))
    weekday = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=7),
        metadata={"description": "1: Monday."},
    )
    price_max = Amount(load_default=None, allow_none=True)
    with_places = fields.Boolean(load_default=False, metadata={"description": "Only where a place is free."})


class ProgrammeSummary(Strict):
    """A programme in a list."""

    programme_id = Id(required=True)
    title = Text(required=True)
    summary = Text(required=True, longest=2000)
    direction = Code(required=True, one_of=DIRECTIONS)
    region_code = Region(required=True)
    municipality_code = Municipality(required=True)
    provider_id = Id(required=True)
    provider_name = Text(required=True)
    age_min = fields.Integer(required=True)
    age_max = fields.Integer(required=True)
    price_from = Amount(required=True)
    places_free = fields.Integer(required=True)


class Programmes(Strict):
    """A page of programmes."""

    items = fields.List(fields.Nested(ProgrammeSummary), required=True)
    next_cursor = fields.String(allow_none=True, required=True)


class ProgrammeView(ProgrammeSummary):
    """A programme with its groups."""

    groups = fields.List(fields.Nested(GroupView), required=True)


class ProgrammeId(Strict):
    """One programme."""

    programme_id = Id(required=True)


_ANYONE = frozenset({PUBLIC})
SEARCH_PROGRAMMES = Method(SERVICE, "search_programmes", ProgrammeSearch, Programmes, allow=_ANYONE)
GET_PROGRAMME = Method(SERVICE, "get_programme", ProgrammeId, ProgrammeView, allow=_ANYONE)
