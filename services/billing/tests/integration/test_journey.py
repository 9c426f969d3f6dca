from datetime import UTC, date, datetime

import pytest
from contracts.billing import (
    CERTIFICATE_CREDITED,
    CONTRACT_ACTIVATED,
    DEBIT_POSTED,
    DEBIT_REVERSED,
    GET_CERTIFICATE_ACCOUNT,
    LIST_OPERATIONS,
    OFFER_MADE,
)

from .world import Group, World

MONDAY = date(2026, 10, 5)


def test_from_the_offer_to_the_debit(world: World) -> None:
    world.open_programme()
    child, group, enrollment_id = world.enrol()
    world.hear(world.marked(group, MONDAY, {enrollment_id: "present"}))
    contract = world.contract(enrollment_id)
    assert (contract.state, contract.effective_from) == ("active", MONDAY)
    assert world.kinds(child) == [
        ("credit", "nominal", "10000.00"),
        ("hold", "contract_activated", "7161.05"),
        ("debit", "lesson_attended", "204.60"),
    ]
    account = world.account(child)
    assert account["state"] == "funded"
    assert [account[name]["value"] for name in ("credited", "balance", "held", "spent")] == [
        "10000.00",
        "2838.95",
        "6956.45",
        "204.60",
    ]
    assert [event.type for event in world.events()] == [
        OFFER_MADE.type,
        CERTIFICATE_CREDITED.type,
        CONTRACT_ACTIVATED.type,
        DEBIT_POSTED.type,
    ]
