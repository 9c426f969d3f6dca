"""A provider's groups."""

from typing import Any
from uuid import UUID

from flask import Response

from contracts import catalog
from contracts.accounts import PROVIDER, Page
from gateway import answers, schemas
from gateway.access import allow
from gateway.calls import ask
from gateway.idempotency import keyed
from gateway.openapi import Blueprint

blp = Blueprint("provider groups", "A provider's groups.")
EXAMPLE = {
    "capacity": 15,
    "price": {"value": "7200.00", "unit": "RUB"},
    "skipped_on": ["2026-12-30"],
    "extra_lessons": [{"on": "2026-12-27", "starts_at": "10:00", "ends_at": "11:30"}],
}
TIMETABLE = ("exception_outside_dates", "group_without_lessons", "timetable_overlaps", "timetable_times_reversed")


@blp.get("/provider/groups")
@allow(PROVIDER)
@blp.filters(Page)
@blp.answers(200, catalog.OwnGroups)
def list_own_groups(fields: dict[str, Any]) -> Response:
    """The groups of the caller's provider, by title."""
    return answers.ok(ask(catalog.LIST_OWN_GROUPS, fields))


@blp.patch("/provider/groups/<uuid:group_id>")
@allow(PROVIDER)
@keyed
@blp.takes(schemas.GroupChange, EXAMPLE)
@blp.answers(200, catalog.OwnGroupView)
@blp.refuses(404, "group_not_found")
@blp.refuses(422, "enrolment_dates_wrong", "price_negative", "price_units_differ", *TIMETABLE)
def change_group(fields: dict[str, Any], group_id: UUID) -> Response:
    """Change a group; what is not named stays.

    A raised capacity offers the new places to those who wait; a lowered one throws nobody out. A changed price makes
    new terms: offers made before lose their force, enrolments keep theirs; so does a changed timetable.

    `skipped_on` and `extra_lessons` are the timetable's exceptions, each list whole: it replaces the one before. The
    journal follows; lessons that were held, marked, cancelled or moved stay in it.
    """
    return answers.ok(ask(catalog.CHANGE_GROUP, {**fields, "group_id": str(group_id)}))
