"""Budgets as their municipality sees them."""

from typing import Any

from sqlalchemy.orm import Session

from billing.views import budget_views, of_municipality
from chassis import clock
from chassis.context import Actor


def list_budgets(session: Session, caller: Actor) -> dict[str, Any]:
    """The funding programmes of the caller's municipality, and no others."""
    return {"items": budget_views(session, clock.now(), of_municipality(caller))}
