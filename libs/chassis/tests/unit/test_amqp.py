from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kombu import Connection

from chassis.amqp import QueueConsumer


class ClosedByAPublisher(QueueConsumer):
    """The loop over a connection whose socket was closed by another greenlet while it was being read."""

    @contextmanager
    def consumer_context(self, **_: Any) -> Iterator[tuple[Any, None, list[Any]]]:
        yield self, None, []

    def drain_events(self, **_: Any) -> None:
        raise EOFError

    def on_iteration(self) -> None:
        """Nothing to stop for."""


def test_a_socket_closed_under_the_reader_is_a_lost_connection_and_not_the_end_of_the_process() -> None:
    with pytest.raises(Connection("amqp://").connection_errors) as lost:
        list(ClosedByAPublisher().consume())
    assert isinstance(lost.value, ConnectionResetError)
