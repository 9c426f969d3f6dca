"""Every row of docs/api-errors.md is met over HTTP by a test of this folder, or it is written here why it cannot be."""

import ast
from pathlib import Path

import pytest
from api_errors import possible
from provoked import CODES

from gateway import texts

FILES = set(Path(__file__).parent.glob("test_*.py"))
UNREACHABLE = {
    "between services only; no request can cause it": {
        "email_already_confirmed", "family_not_found", "malformed_request", "method_not_found",
    },
    "needs a broken broker, database or process: tests/faults": {
        "broker_unavailable", "database_unavailable", "deadline_passed", "internal_error", "overloaded",
        "service_unknown", "stopping", "busy",
    },
    "the page is shown without names instead": {"no_provider"},
    "the gateway has no more workers than calls that may wait": {"too_many_calls"},
    "lasts for moments after an upgrade": {"children_reindexing"},
    "the catalogue publishes no terms that contradict each other": {"terms_invalid"},
    "a valid body of 256 KiB is refused before": {"request_too_long"},
    "no route publishes the catalogue": set(texts.GROUPS["Publishing the catalogue"]),
}  # fmt: skip


def test_every_refusal_is_provoked_or_it_is_said_why_it_cannot_be(request: pytest.FixtureRequest) -> None:
    """Where only a part of the folder runs, its files must at least name what the others would provoke."""
    collected = {Path(item.path) for item in request.session.items}
    met = CODES if collected >= FILES else CODES | named()
    excused = set().union(*UNREACHABLE.values())
    assert sorted(possible().keys() - met - excused) == []
    assert sorted(excused & CODES) == [], "met after all"


def named() -> set[str]:
    """The texts in this folder's other files, the codes that they expect among them."""
    others = set(Path(__file__).parent.glob("*.py")) - {Path(__file__)}
    nodes = (node for path in others for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_nothing_is_excused_that_does_not_exist() -> None:
    assert set().union(*UNREACHABLE.values()) <= set(possible())
