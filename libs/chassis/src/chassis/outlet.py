"""Sending in few writes what is said in many frames."""

from collections.abc import Iterator
from contextlib import contextmanager

import amqp
from eventlet.semaphore import Semaphore

WRITE_BYTES = 64 * 1024


class Outlet:
    """A connection's way to its socket: what is sent `together` goes there in pieces of 64 KiB, not frame by frame."""

    def __init__(self, connection: amqp.Connection) -> None:
        self._write, self._free = connection.transport._write, Semaphore()
        self._kept: bytearray | None = None
        connection.transport._write = self.send

    def send(self, piece: bytes) -> None:
        """Write, or keep for a moment; one at a time, since a full socket makes a writer wait half-way."""
        if self._kept is not None:
            self._kept += piece
            if len(self._kept) < WRITE_BYTES:
                return
            piece, self._kept = bytes(self._kept), bytearray()
        with self._free:
            self._write(piece)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Nothing in the block may wait for an answer to what it sends."""
        if self._kept is not None:
            yield
            return
        self._kept = bytearray()
        try:
            yield
        finally:
            kept, self._kept = bytes(self._kept), None
            with self._free:
                self._write(kept)
