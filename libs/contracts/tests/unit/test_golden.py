"""Golden messages are for ever: every one of them must still be a valid event."""

import json
from pathlib import Path

import pytest

import contracts
from contracts.registry import EVENTS

ROOT = Path(contracts.__file__).parent / "golden"
FILES = sorted(ROOT.glob("*/*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_golden_message_still_fits_its_schema(path: Path) -> None:
    message = json.loads(path.read_text(encoding="utf-8"))
    assert message["type"] == path.parent.name
    assert EVENTS[message["type"]].schema().validate(message["data"]) == {}


def test_every_event_has_a_golden_message_and_every_golden_message_an_event() -> None:
    assert {path.parent.name for path in FILES} == set(EVENTS)
