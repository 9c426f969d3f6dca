"""Every row of docs/api-errors.md is met over HTTP by a test of this folder, or it is written here why it cannot be."""

from pathlib import Path

import pytest
from api_errors import possible
from provoked import CODES

from gateway import texts

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
    here = Path(__file__).parent
    collected = {Path(item.path) for item in request.session.items}
    if not set(here.glob("test_*.py")) <= collected:
        pytest.skip("only the whole folder meets every refusal")
    excused = set().union(*UNREACHABLE.values())
    assert sorted(possible().keys() - CODES - excused) == []
    assert sorted(excused & CODES) == [], "met after all"


def test_nothing_is_excused_that_does_not_exist() -> None:
    assert set().union(*UNREACHABLE.values()) <= set(possible())
