"""The certificate as a family sees it: the document of one service and the money of another."""

from collections.abc import Mapping
from typing import Any

ZERO = {"value": "0.00", "unit": "RUB"}
DOCUMENT = ("certificate_id", "child_id", "number", "valid_from", "valid_until")
AMOUNTS = ("nominal", "credited", "carried_in", "balance", "held", "spent", "returned", "carried_out")
DOCUMENT_WINS = ("frozen", "revoked", "expired")


def certificate_page(document: Mapping[str, Any], account: Mapping[str, Any] | None) -> dict[str, Any]:
    """Join the document with its account.

    `account` is None while billing does not know the certificate yet: then its state is `accounting` and all amounts
    are zero roubles. A document that is not valid shows its own state, whatever the money says.
    """
    money = account or {"state": "accounting", "queue_position": None, "unit": "RUB", **dict.fromkeys(AMOUNTS, ZERO)}
    state = document["state"] if document["state"] in DOCUMENT_WINS else money["state"]
    return {
        **{name: document[name] for name in DOCUMENT},
        "state": state,
        "queue_position": money["queue_position"],
        "unit": money["unit"],
        **{name: money[name] for name in AMOUNTS},
    }
