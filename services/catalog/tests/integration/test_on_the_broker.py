"""The real process, asked and told things over the real broker."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pika
import pytest

from chassis.testing import running_suite, wait_for
from contracts import enrollment

GROUP = "38000000-0000-4000-8000-000000000010"


@pytest.fixture(scope="module")
def suite() -> Iterator[Any]:
    with running_suite(["catalog"], sample=["catalog"]) as suite:
        yield suite


def test_the_gateway_finds_the_demonstrations_group_and_its_terms(suite: Any) -> None:
    with suite.rpc("gateway") as client:
        found = client.call("catalog", "search_programmes", {"q": "робототехника каждый день"})["result"]["items"]
        view = client.call("catalog", "get_programme", {"programme_id": found[0]["programme_id"]})["result"]
        terms = client.call("catalog", "get_group_terms", {"group_id": view["groups"][0]["group_id"]})["result"]
        refused = client.call("catalog", "search_programmes", {"cursor": "not ours"})["error"]
        missing = client.call("catalog", "get_group", {"group_id": str(uuid.uuid4())})["error"]

    assert view["groups"][0]["group_id"] == terms["group_id"] == GROUP
    assert (terms["terms_version"], terms["direction"]) == (1, "technical")
    assert len(terms["lessons_on"]) >= 365
    assert refused["exc_args"][0] == "invalid_cursor"
    assert missing["exc_args"][0] == "group_not_found"


def test_a_seat_taken_in_enrollment_is_seen_here(suite: Any) -> None:
    def places_free() -> int:
        return int(client.call("catalog", "get_group", {"group_id": GROUP})["result"]["places_free"])

    with suite.rpc("gateway") as client:
        before = places_free()
        seats = {"group_id": GROUP, "capacity": before, "taken": 7, "waiting": 0}
        enrollment.SeatsChanged().load(seats)
        publish_seats(suite.amqp_url("enrollment"), seats, version=1)
        wait_for(lambda: places_free() == before - 7, what="the free places to follow")


def publish_seats(amqp_url: str, seats: dict[str, Any], version: int) -> None:
    """Say it as enrollment's relay does."""
    event = enrollment.SEATS_CHANGED
    headers = {
        "ce-id": str(uuid.uuid4()),
        "ce-type": event.type,
        "ce-source": "enrollment",
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-subject": seats["group_id"],
        "ce-specversion": "1.0",
        "region": "38",
        "version": version,
        "position": 1,
    }
    properties = pika.BasicProperties(content_type="application/json", user_id="enrollment", headers=headers)
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(
        "enrollment.events", f"{event.type}.38", json.dumps(seats).encode(), properties, mandatory=True
    )
    connection.close()
