"""The catalogue: programmes and their groups."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import catalog
from gateway import answers, schemas
from gateway.access import public
from gateway.calls import ask
from gateway.openapi import Blueprint

blp = Blueprint("programmes", "The catalogue: programmes and their groups.")


@blp.get("/programmes")
@public
@blp.filters(schemas.ProgrammeSearch)
@blp.answers(200, catalog.Programmes)
def search_programmes(fields: dict[str, Any]) -> Response:
    """Search the catalogue by words, direction, municipality, the child's age, weekday, price and free places."""
    price_max = fields["price_max"] and {"value": fields["price_max"], "unit": "RUB"}
    return answers.ok(ask(catalog.SEARCH_PROGRAMMES, {**fields, "price_max": price_max}))


@blp.get("/programmes/<uuid:programme_id>")
@public
@blp.answers(200, catalog.ProgrammeView)
@blp.refuses(404, "programme_not_found")
def get_programme(programme_id: UUID) -> Response:
    """A programme with its groups."""
    return answers.ok(ask(catalog.GET_PROGRAMME, {"programme_id": str(programme_id)}))


@blp.get("/groups/<uuid:group_id>")
@public
@blp.answers(200, catalog.GroupView)
@blp.refuses(404, "group_not_found")
def get_group(group_id: UUID) -> Response:
    """A group: where, when, by whom, for how much, and how many places are free."""
    return answers.ok(ask(catalog.GET_GROUP, {"group_id": str(group_id)}))
