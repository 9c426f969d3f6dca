"""What orders answer."""

import os
import signal
import time
import uuid
from collections.abc import Sequence
from typing import Any

from market import contracts
from sqlalchemy import event as listeners
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.context import using
from chassis.errors import RuleViolated
from chassis.methods import Asked, Outcome
from chassis.service import Service, batch_command, command
from orders.models import Basket, Purchase


class OrdersService(Service):
    """Each order is one purchase and one event."""

    name = "orders"
    standard = contracts.standard("orders")

    @command(contracts.PLACE_ORDER)
    def place_order(self, session: Session, request: dict[str, Any]) -> dict[str, Any] | RuleViolated:
        """Put it into the basket, announce it, then go wrong as wished."""
        answer = placed(session, request)
        if request["wish"].get("refuse_and_keep"):
            return RuleViolated("kept_back", "Your order waits.", event_id=answer["event_id"])
        obey(session, request["wish"])
        return answer

    @batch_command(contracts.PLACE_TOGETHER)
    def place_together(self, session: Session, asked: Sequence[Asked]) -> list[Outcome]:
        """Put what was asked for into the baskets, each refused or announced as by itself, in their order."""
        return [placed_or_refused(session, each) for each in asked]


def placed_or_refused(session: Session, asked: Asked) -> Outcome:
    """One of several orders."""
    if asked.request["wish"].get("return_refusal"):
        return RuleViolated("sold_out", "There is nothing left.", buyer=asked.actor.subject)
    with using(asked.context):
        answer = placed(session, asked.request)
    obey(session, asked.request["wish"])
    return answer


def placed(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    """A purchase and its event."""
    basket = locked_basket(session, request["basket_id"])
    basket.version += 1
    place = {"region_code": contracts.REGION, "basket_id": basket.basket_id}
    session.add(Purchase(**place, purchase_id=str(uuid.uuid4()), quantity=request["quantity"]))
    event_id = outbox.record(
        session,
        contracts.PLACED,
        region_code=contracts.REGION,
        subject=basket.basket_id,
        version=basket.version,
        data={"basket_id": basket.basket_id, "quantity": request["quantity"], "wish": request["stock_wish"]},
    )
    session.flush()
    return {"basket_id": basket.basket_id, "version": basket.version, "event_id": event_id}


def locked_basket(session: Session, basket_id: str) -> Basket:
    """The basket, new if need be, locked until the transaction ends."""
    session.execute(
        insert(Basket).values(region_code=contracts.REGION, basket_id=basket_id, version=0).on_conflict_do_nothing()
    )
    return session.scalars(select(Basket).where(Basket.basket_id == basket_id).with_for_update()).one()


def obey(session: Session, wish: dict[str, Any]) -> None:
    """Go wrong as wished."""
    if wish.get("die_after_commit"):
        listeners.listen(session, "after_commit", lambda _session: os.kill(os.getpid(), signal.SIGKILL))
    time.sleep(wish.get("sleep", 0))
    if wish.get("refuse"):
        raise RuleViolated("sold_out", "There is nothing left.", basket="full")
    if wish.get("bug"):
        raise RuntimeError("as wished")
