"""What the stock answers and hears."""

import os
import signal
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from market import contracts
from sqlalchemy import event as listeners
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.context import using
from chassis.methods import Asked, Outcome
from chassis.outbox import Received
from chassis.projections import FactMissing, Projection
from chassis.service import Service, batch_command, command, on_event, on_events, query, rpc
from stock.models import Effect

log = structlog.get_logger(__name__)
BASKET = Projection("basket", "orders", (contracts.PLACED.type,))


class StockService(Service):
    """One effect for each order."""

    name = "stock"
    standard = contracts.standard("stock")
    projections = (BASKET,)

    @on_event(contracts.PLACED, only=("basket_id", "quantity", "wish"))
    def on_placed(self, session: Session, event: Received) -> None:
        """Write the attempt down, have the effect, then go wrong as wished."""
        attempt = attempts(self.settings.journal if self else os.environ["STOCK_JOURNAL"], event.event_id)
        log.info("order_heard", basket_id=event.subject, attempt=attempt)
        BASKET.remember(session, event, {"quantity": event.data["quantity"]})
        session.add(effect(event.subject, event.event_id))
        session.flush()
        obey(session, event.data["wish"], attempt)

    @on_events(contracts.NOTED, only=("basket_id", "quantity", "wish"))
    def on_noted(self, session: Session, events: Sequence[Received]) -> None:
        """The same of all orders that have been noted, each announced to the log in its own context."""
        numbers = [attempts(self.settings.journal, event.event_id) for event in events]
        session.add_all([effect(event.subject, event.event_id) for event in events])
        session.flush()
        for event, attempt in zip(events, numbers, strict=True):
            with using(event.context):
                log.info("order_noted", basket_id=event.subject)
            obey(session, event.data["wish"], attempt)

    @query(contracts.REPORT)
    def report(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """A long text."""
        return {"text": "я" * (request["size"] // 2)}

    @rpc(contracts.NAP)
    def nap(self, request: dict[str, Any]) -> None:
        """Keep a worker busy."""
        time.sleep(request["seconds"])

    @command(contracts.TAKE)
    def take(self, session: Session, request: dict[str, Any]) -> None:
        """Have an effect."""
        session.add(effect(request["mark"], "call"))

    @rpc(contracts.UNSPEAKABLE)
    def unspeakable(self, request: dict[str, Any]) -> dict[str, Any]:
        """An answer that cannot be sent."""
        return {"value": {"object": object(), "nan": float("nan"), "long": "x" * 1_100_000}[request["kind"]]}

    @command(contracts.RESERVE)
    def reserve(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Needs a fact of the orders', and has an effect."""
        basket = BASKET.need(session, contracts.REGION, request["basket_id"])
        session.add(effect(f"reserved {request['basket_id']}", "call"))
        return {"quantity": basket["quantity"]}

    @batch_command(contracts.RESERVE_TOGETHER)
    def reserve_together(self, session: Session, asked: Sequence[Asked]) -> list[Outcome]:
        """Needs facts of the orders', and has an effect for each that is known."""
        return [reserved(session, each.request["basket_id"]) for each in asked]


def reserved(session: Session, basket_id: str) -> Outcome:
    """The answer, or the fact that is missing."""
    basket = BASKET.find(session, contracts.REGION, basket_id)
    if basket is None:
        return FactMissing(BASKET, basket_id)
    session.add(effect(f"reserved {basket_id}", "call"))
    return {"quantity": basket["quantity"]}


def effect(mark: str, event_id: str) -> Effect:
    """A row for each time that something took effect."""
    return Effect(region_code=contracts.REGION, effect_id=str(uuid.uuid4()), mark=mark, event_id=event_id)


def attempts(journal: str, event_id: str) -> int:
    """Note that the event's handling begins; how often it has begun so far. Survives rollbacks and kills."""
    with Path(journal).open("a", encoding="utf-8") as lines:
        lines.write(f"{event_id}\n")
    return Path(journal).read_text(encoding="utf-8").splitlines().count(event_id)


def obey(session: Session, wish: dict[str, Any], attempt: int) -> None:
    """Go wrong as wished: sleep, or in the first attempts meet a lock that is held, fail or die."""
    time.sleep(wish.get("sleep", 0))
    if attempt <= wish.get("collide", 0):
        session.execute(text("DO $$BEGIN RAISE EXCEPTION 'held' USING ERRCODE = 'lock_not_available'; END$$"))
    if attempt <= wish.get("fail", 0):
        raise RuntimeError("as wished")
    if attempt <= wish.get("die", 0):
        die()
    if attempt <= wish.get("die_after_commit", 0):
        listeners.listen(session, "after_commit", lambda _session: die())


def die() -> None:
    """As if the machine had lost its power."""
    os.kill(os.getpid(), signal.SIGKILL)
