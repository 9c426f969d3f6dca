"""Broker users of integrators: made, kept for the broker's next boot, taken away."""

import argparse
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from contracts import integrators as contract
from stack import checkout, endpoints, files, rabbitmq
from stack.console import say
from stack.endpoints import Broker
from stack.errors import StackError
from stack.infra import Infra
from stack.ports import InfraPorts
from stack.services import infra_port_base


def integrator(arguments: argparse.Namespace) -> int:
    """Give the integrator a user for one region in the running broker, or, without a region, take the user away."""
    infra = Infra(checkout.home("demo"), InfraPorts.from_base(infra_port_base()))
    broker, name, region_code = endpoints.broker(infra), arguments.name, arguments.region
    with files.lock(infra.home / "lock"):
        if region_code:
            say(f"Address:  {grant(infra, broker, name, region_code)}")
            say(f"Queue:    {contract.queue_of(name)}")
            say(f"History:  {contract.history_of(region_code)}")
        else:
            revoke(infra, broker, name)
            say(f"“{name}” has no access any more.")
    return 0


def grant(infra: Infra, broker: Broker, name: str, region_code: str) -> str:
    """Make the user, its queue and bindings in the broker and remember them; the address for the integrator."""
    try:
        content = contract.definitions(name, region_code, broker.vhost)
    except ValueError as error:
        raise StackError(str(error)) from error
    granted = known(infra)
    if granted.get(name, region_code) != region_code:
        raise StackError(f"“{name}” reads region {granted[name]}: take that away first, or choose another name.")
    user, password = contract.user_of(name), infra.secret(contract.user_of(name))
    broker.ask("POST", "definitions", {**content, "users": [rabbitmq.user(user, password)]})
    _remember(infra, {**granted, name: region_code})
    return broker.url(user, password)


def revoke(infra: Infra, broker: Broker, name: str) -> None:
    """Delete the user and its queue, and forget them; the broker closes the user's connections."""
    granted = known(infra)
    if name not in granted:
        raise StackError(f"There is no integrator “{name}”; there are: {', '.join(granted) or 'none'}.")
    user = contract.user_of(name)
    broker.ask("DELETE", f"users/{user}")
    broker.ask("DELETE", f"queues/{quote(broker.vhost, safe='')}/{contract.queue_of(name)}")
    _remember(infra, {each: region for each, region in granted.items() if each != name})
    (infra.home / "secrets" / user).unlink(missing_ok=True)


def definitions(infra: Infra, broker: Broker) -> dict[str, list[Any]]:
    """What the broker must hold at boot for the integrators of this home, without passwords."""
    whole: dict[str, list[Any]] = {}
    for name, region_code in known(infra).items():
        for kind, items in contract.definitions(name, region_code, broker.vhost).items():
            whole[kind] = [*whole.get(kind, []), *items]
    return whole


def known(infra: Infra) -> dict[str, str]:
    """Regions by integrators' names."""
    path = _file(infra)
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _remember(infra: Infra, granted: dict[str, str]) -> None:
    files.write(_file(infra), json.dumps(granted, indent=1, sort_keys=True) + "\n")


def _file(infra: Infra) -> Path:
    return infra.home / "integrators.json"
