"""Which ports a home uses, and whether they are free."""

import errno
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stack.errors import StackError

HOST = "127.0.0.1"


@dataclass(frozen=True)
class InfraPorts:
    """The six ports of a home's RabbitMQ node and PostgreSQL cluster."""

    amqp: int
    management: int
    distribution: int
    epmd: int
    prometheus: int
    postgres: int

    @classmethod
    def from_base(cls, base: int) -> "InfraPorts":
        """Six ports in a row, starting at `base`."""
        return cls(*range(base, base + 6))


def is_free(port: int) -> bool:
    """Tell whether nobody listens on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def free_base(first: int, count: int = 10) -> int:
    """The first of `count` free ports in a row, looked for in steps of `count` from `first` on."""
    for base in range(first, 32000, count):
        if all(is_free(candidate) for candidate in range(base, base + count)):
            return base
    raise _no_row(first, count)


@contextmanager
def reserved_base(first: int, count: int = 10) -> Iterator[int]:
    """Like `free_base`, and nobody else on this machine is given the row within the block.

    The row's last port, which no server uses, is bound for the time: it is the reservation.
    """
    for base in range(first, 32000, count):
        with socket.socket() as reservation:
            try:
                reservation.bind((HOST, base + count - 1))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            if all(is_free(candidate) for candidate in range(base, base + count - 1)):
                yield base
                return
    raise _no_row(first, count)


def _no_row(first: int, count: int) -> StackError:
    return StackError(f"No {count} free ports in a row were found between {first} and 32000 on {HOST}.")


def answers(port: int) -> bool:
    """Tell whether somebody accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def require_free(port: int, purpose: str, variable: str) -> None:
    """Refuse to go on while `port` is taken, naming the taker and the variable that moves it."""
    if not is_free(port):
        raise StackError(
            f"Port {port} on {HOST}, wanted for {purpose}, is taken{_taker(port)}: "
            f"stop that program or choose another port with {variable}."
        )


def _taker(port: int) -> str:
    """Name the program that listens on `port`, when the system tells."""
    if shutil.which("ss") is None:
        return ""
    listing = subprocess.run(["ss", "-ltnpH", f"sport = :{port}"], capture_output=True, text=True, check=False).stdout
    _, found, rest = listing.partition('users:(("')
    return f" by “{rest.split(chr(34))[0]}”" if found else ""
