"""Refusals."""

import pytest

from chassis.errors import KINDS, Refusal, RuleViolated, refusal_from

STATUSES = {
    "invalid_input": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "rule_violated": 422,
    "unavailable": 503,
}


def test_there_are_seven_kinds_each_with_its_status() -> None:
    assert {kind: refusal.status for kind, refusal in KINDS.items()} == STATUSES


@pytest.mark.parametrize("kind", STATUSES)
def test_a_refusal_survives_the_wire(kind: str) -> None:
    sent = KINDS[kind]("too_small", "The shoe is too small.", size="41")
    came = refusal_from(sent.kind, sent.code, sent.message, sent.details)
    assert type(came) is type(sent)
    assert (came.code, came.message, came.details) == ("too_small", "The shoe is too small.", {"size": "41"})


def test_details_are_strings_and_the_message_has_a_default() -> None:
    refusal = RuleViolated("too_small", size=41)  # type: ignore[arg-type]
    assert refusal.details == {"size": "41"}
    assert refusal.message == "too small"
    assert isinstance(refusal, Refusal)
