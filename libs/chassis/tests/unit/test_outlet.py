"""What is sent together leaves in one piece, in order, whoever else sends meanwhile."""

from types import SimpleNamespace
from typing import Any

import eventlet
import pytest
from eventlet.event import Event

from chassis.outlet import WRITE_BYTES, Outlet


def connected(write: Any) -> tuple[Outlet, Any]:
    """An outlet, and what a connection calls to send a frame."""
    transport = SimpleNamespace(_write=write)
    return Outlet(SimpleNamespace(transport=transport)), lambda piece: transport._write(piece)


def test_frames_go_out_one_by_one_except_together() -> None:
    written: list[bytes] = []
    outlet, send = connected(written.append)
    send(b"a")
    with outlet.together():
        send(memoryview(b"b"))
        with outlet.together():
            send(b"c")
        assert written == [b"a"]
        send(b"d")
    send(b"e")
    assert written == [b"a", b"bcd", b"e"]


def test_what_was_sent_before_a_failure_goes_out() -> None:
    written: list[bytes] = []
    outlet, send = connected(written.append)

    def fail() -> None:
        with outlet.together():
            send(b"a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    send(b"b")
    assert written == [b"a", b"b"]


def test_much_goes_out_as_it_comes() -> None:
    written: list[bytes] = []
    outlet, send = connected(written.append)
    with outlet.together():
        for _ in range(5):
            send(b"x" * (WRITE_BYTES // 2))
        assert [len(piece) for piece in written] == [WRITE_BYTES] * 2
    assert sum(map(len, written)) == WRITE_BYTES // 2 * 5


def test_nobody_writes_into_a_piece_that_waits_half_way_for_a_full_socket() -> None:
    written, full = [], Event()

    def write(piece: bytes) -> None:
        written.append(piece[:1])
        if piece[:1] == b"a":
            full.wait()
        written.append(piece[1:])

    outlet, send = connected(write)

    def answer() -> None:
        with outlet.together():
            send(b"a")
            send(b"b")

    first = eventlet.spawn(answer)
    eventlet.sleep(0)
    second = eventlet.spawn(send, b"cd")
    eventlet.sleep(0)
    full.send()
    first.wait()
    second.wait()
    assert b"".join(written) == b"abcd"
