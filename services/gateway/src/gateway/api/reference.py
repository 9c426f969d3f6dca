"""Regions, municipalities and directions."""

from typing import Any

from flask import Response

from contracts import catalog
from gateway import answers
from gateway.access import public
from gateway.calls import ask
from gateway.openapi import Blueprint

blp = Blueprint("reference", "Regions, municipalities and directions.")


@blp.get("/regions")
@public
@blp.answers(200, catalog.Regions)
def list_regions() -> Response:
    """The regions of this installation, with their own words and hours."""
    return answers.ok(ask(catalog.LIST_REGIONS))


@blp.get("/municipalities")
@public
@blp.filters(catalog.MunicipalityFilter)
@blp.answers(200, catalog.Municipalities)
def list_municipalities(fields: dict[str, Any]) -> Response:
    """Municipalities, by name."""
    return answers.ok(ask(catalog.LIST_MUNICIPALITIES, fields))


@blp.get("/directions")
@public
@blp.answers(200, catalog.Directions)
def list_directions() -> Response:
    """The six directions of supplementary education."""
    return answers.ok(ask(catalog.LIST_DIRECTIONS))
