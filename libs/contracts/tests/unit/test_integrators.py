"""What an integrator gets is one region's public events and nothing else."""

import json
import re

import pytest

from contracts import integrators
from contracts.registry import EVENTS

CONTENT = integrators.definitions("school-portal", "38", "here")


@pytest.mark.parametrize(
    "name", ["", "ab", "history", "School", "a.b", "a*", "9lives", "-ab", "ab-", "a" * 41, "школа"]
)
def test_a_name_that_could_reach_another_queue_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        integrators.definitions(name, "38")


@pytest.mark.parametrize("region", ["", "3", "388", "#", "*", "3 ", "٣٨", "38\n"])
def test_a_region_is_two_digits(region: str) -> None:
    with pytest.raises(ValueError, match="region"):
        integrators.definitions("school-portal", region)


def test_the_user_may_only_read_and_only_its_queue_and_its_region_s_history() -> None:
    (permission,) = CONTENT["permissions"]
    assert (permission["configure"], permission["write"]) == ("^$", "^$")
    readable = re.compile(permission["read"])
    assert readable.search("int.school-portal.events") and readable.search("int.history.38")
    for other in (
        "int.history.05", "int.school-portal2.events", "int.another.events", "intXschool-portal.events",
        "enrollment.events", "evt.billing.enrollment.v1", "rpc-enrollment", "", "xint.history.38", "int.history.380",
    ):  # fmt: skip
        assert not readable.search(other), other


def test_both_queues_get_every_public_event_of_the_region_and_no_other() -> None:
    public = {f"{event.type}.38" for event in EVENTS.values() if event.public}
    for queue in ("int.school-portal.events", "int.history.38"):
        keys = [binding["routing_key"] for binding in CONTENT["bindings"] if binding["destination"] == queue]
        assert sorted(keys) == sorted(public)
    assert {binding["source"] for binding in CONTENT["bindings"]} == {"enrollment.events"}


def test_everything_is_made_in_the_given_virtual_host_and_nothing_grows_for_ever() -> None:
    scoped = [item for kind, items in CONTENT.items() if kind != "users" for item in items]
    assert {item["vhost"] for item in scoped} == {"here"}
    for queue in CONTENT["queues"]:
        (policy,) = [each for each in CONTENT["policies"] if re.search(each["pattern"], queue["name"])]
        assert policy["definition"]["max-length-bytes"] > 0
    assert json.loads(json.dumps(CONTENT)) == CONTENT
