"""Busy and free ports."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from stack import checkout
from stack.errors import StackError
from stack.ports import HOST, InfraPorts, answers, free_base, is_free, require_free, reserved_base
from stack.services import SERVICES, port


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_busy_port_is_refused_with_a_remedy(busy: int) -> None:
    with pytest.raises(StackError, match=rf"Port {busy} .*KRUZHOK_HTTP_PORT"):
        require_free(busy, "the API", "KRUZHOK_HTTP_PORT")
    assert answers(busy)


def test_free_base_skips_a_row_with_a_busy_port() -> None:
    base = free_base(20000)
    with socket.socket() as listener:
        listener.bind((HOST, base + 9))
        listener.listen()
        assert not is_free(base + 9)
        assert free_base(base) >= base + 10


def test_two_runs_at_once_are_given_different_rows_and_a_row_is_free_again_afterwards() -> None:
    with reserved_base(20000) as first:
        with reserved_base(20000) as second, reserved_base(20000) as third:
            assert len({first, second, third}) == 3
        assert free_base(first) > first
        with reserved_base(first) as again:
            assert again >= first + 10
    with reserved_base(first) as later:
        assert later == first


def test_another_process_cannot_reserve_the_same_row() -> None:
    code = "from stack.ports import reserved_base\nwith reserved_base(20000) as base: print(base)"
    paths = {"PYTHONPATH": str(checkout.ROOT / "deploy" / "local")}
    with reserved_base(20000) as ours:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=paths, check=True, capture_output=True, text=True, timeout=10)
    assert int(done.stdout) > ours


def test_a_reserved_row_has_no_busy_port() -> None:
    base = free_base(20000)
    with socket.socket() as listener:
        listener.bind((HOST, base + 3))
        listener.listen()
        with reserved_base(base) as given:
            assert given >= base + 10
            assert all(is_free(port) for port in range(given, given + 9))


def test_infra_ports_are_six_in_a_row() -> None:
    ports = InfraPorts.from_base(26000)
    assert (ports.amqp, ports.postgres) == (26000, 26005)


@pytest.mark.parametrize("text", ["x", "80", "70000", "-1"])
def test_a_port_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRUZHOK_HTTP_PORT", text)
    with pytest.raises(StackError, match="KRUZHOK_HTTP_PORT"):
        port("KRUZHOK_HTTP_PORT", 8000)


def test_every_service_has_an_admin_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRUZHOK_ADMIN_PORT_BASE", "9500")
    assert sorted(service.admin_port for service in SERVICES) == list(range(9500, 9507))
