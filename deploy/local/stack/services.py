"""The seven services as the local stack runs them, and their ports."""

import argparse
import os
from dataclasses import dataclass

from stack.console import say
from stack.errors import StackError
from stack.ports import free_base

PORTS = range(1024, 65001)


@dataclass(frozen=True)
class Service:
    """One service's process: its name, its place among the admin ports, how far it stands back, if it has a database.

    Where the processor does not suffice, who decides comes before who hears of it (ADR 19).
    """

    name: str
    place: int
    niceness: int = 0
    has_database: bool = True

    @property
    def admin_port(self) -> int:
        """Where its health and metrics are."""
        return port("KRUZHOK_ADMIN_PORT_BASE", 9100) + self.place


SERVICES = (
    Service("gateway", 0, has_database=False),
    Service("accounts", 1, niceness=5),
    Service("catalog", 2, niceness=5),
    Service("enrollment", 3),
    Service("certificates", 4, niceness=10),
    Service("billing", 5, niceness=10),
    Service("notifications", 6, niceness=15),
)
SAMPLE_ORDER = ("catalog", "accounts", "billing")


def port(variable: str, default: int) -> int:
    """A port from the environment."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or int(text) not in PORTS:
        raise StackError(f"{variable} must be a port number from {PORTS.start} to {PORTS.stop - 1}, not “{text}”.")
    return int(text)


def http_port() -> int:
    """Where the gateway's API is."""
    return port("KRUZHOK_HTTP_PORT", 8000)


def infra_port_base() -> int:
    """The first of the ports of RabbitMQ, PostgreSQL and the mail sink."""
    return port("KRUZHOK_PORT_BASE", 26000)


def smtp_port() -> int:
    """Where the local mail sink takes mail."""
    return infra_port_base() + 6


def free_ports(_arguments: argparse.Namespace) -> int:
    """Print settings, for a shell, under which the suite fits beside whatever already runs here."""
    say(f"KRUZHOK_PORT_BASE={free_base(infra_port_base())}")
    say(f"KRUZHOK_ADMIN_PORT_BASE={free_base(port('KRUZHOK_ADMIN_PORT_BASE', 9100))}")
    say(f"KRUZHOK_HTTP_PORT={free_base(http_port(), 1)}")
    return 0
