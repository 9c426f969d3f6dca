"""The AsyncAPI document is valid and says what is on the wire."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import contracts
from contracts import asyncapi
from contracts.registry import EVENTS

SPECIFICATION = json.loads((Path(__file__).parent / "asyncapi-3.0.0" / "schema.json").read_text(encoding="utf-8"))
GOLDEN = sorted((Path(contracts.__file__).parent / "golden").glob("enrollment.*/*.json"))
DOCUMENT = asyncapi.document()


def faults(instance: Any, schema: Any) -> list[str]:
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(instance)]


def payload_faults(event_type: str, data: Any) -> list[str]:
    """What the document's schema of the event's payload says against `data`."""
    payload = DOCUMENT["components"]["messages"][event_type]["payload"]
    return faults(data, {**payload, "components": DOCUMENT["components"]})


def test_the_document_is_valid_asyncapi_3() -> None:
    assert faults(DOCUMENT, SPECIFICATION) == []
    broken = deepcopy(DOCUMENT)
    next(iter(broken["operations"].values()))["action"] = "shout"
    assert faults(broken, SPECIFICATION) != []


def test_it_names_every_public_event_and_no_other() -> None:
    public = {event.type for event in EVENTS.values() if event.public}
    assert set(DOCUMENT["channels"]) == set(DOCUMENT["components"]["messages"]) == public
    assert all(event_type.startswith("enrollment.") for event_type in public)


def test_every_reference_leads_somewhere() -> None:
    references = json.dumps(DOCUMENT).split('"$ref": "#/')[1:]
    for reference in (text.partition('"')[0] for text in references):
        place = DOCUMENT
        for step in reference.split("/"):
            place = place[step]
    assert references


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_golden_message_fits_the_document(path: Path) -> None:
    message = json.loads(path.read_text(encoding="utf-8"))
    assert payload_faults(message["type"], message["data"]) == []
    assert payload_faults(message["type"], {**message["data"], "a_later_field": 1}) == []


@pytest.mark.parametrize("event_type", DOCUMENT["channels"])
def test_its_own_example_fits(event_type: str) -> None:
    (example,) = DOCUMENT["components"]["messages"][event_type]["examples"]
    assert payload_faults(event_type, example["payload"]) == []
    assert faults(example["headers"], DOCUMENT["components"]["schemas"]["Headers"]) == []


@pytest.mark.parametrize(
    ("event_type", "field", "wrong"),
    [
        ("enrollment.enrolled.v1", "child_id", "not an identifier"),
        ("enrollment.enrolled.v1", "child_id", None),
        ("enrollment.enrolled.v1", "enrolled_on", "2026-13-40"),
        ("enrollment.enrolled.v1", "price", {"value": "9000", "unit": "RUB"}),
        ("enrollment.enrolled.v1", "price", {"value": "9000.00", "unit": "USD"}),
        ("enrollment.enrolled.v1", "direction", "alchemy"),
        ("enrollment.enrolled.v1", "payer_municipality_code", "257"),
        ("enrollment.enrolled.v1", "lessons", [{"number": 1}]),
        ("enrollment.attendance.recorded.v1", "marks", []),
        ("enrollment.application.waitlisted.v1", "position", 0),
    ],
)
def test_what_the_contract_refuses_the_document_refuses(event_type: str, field: str, wrong: Any) -> None:
    golden = next(path for path in GOLDEN if path.parent.name == event_type)
    data = {**json.loads(golden.read_text(encoding="utf-8"))["data"], field: wrong}
    assert EVENTS[event_type].schema().validate(data) != {}
    assert payload_faults(event_type, data) != []


def test_a_correction_s_previous_mark_may_be_empty() -> None:
    (path,) = [path for path in GOLDEN if path.parent.name == "enrollment.attendance.recorded.v1"]
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    for previous, fits in (("absent", True), (None, True), ("late", False)):
        data["marks"][0]["previous"] = previous
        assert (payload_faults("enrollment.attendance.recorded.v1", data) == []) is fits
