"""The servers that are made for a home: open to this machine only, and without its powers."""

import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from stack.ports import InfraPorts

from chassis.testing.infra import VARIABLE

LISTENING = "0A"
FACTS = Path(os.environ.get(VARIABLE, "/nowhere"))


def listening(tables: Path = Path("/proc/net")) -> Iterator[tuple[str, int]]:
    """Address and port of every socket that waits for connections."""
    for family, name in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        table = tables / name
        for line in table.read_text(encoding="ascii").splitlines()[1:] if table.exists() else ():
            local, state = line.split()[1], line.split()[3]
            address, _, port = local.partition(":")
            words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
            if state == LISTENING:
                yield socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words)), int(port, 16)


def test_every_port_of_a_home_is_open_to_this_machine_only() -> None:
    ports = InfraPorts.from_base(json.loads(FACTS.read_text(encoding="utf-8"))["port_base"])
    ours = {(address, port) for address, port in listening() if port in vars(ports).values()}
    assert ours == {("127.0.0.1", port) for port in vars(ports).values()}


def test_what_is_open_to_everybody_is_seen(tmp_path: Path) -> None:
    with socket.create_server(("", 0)) as everybody, socket.create_server(("127.0.0.1", 0)) as ours:
        addresses = {each.getsockname() for each in (everybody, ours)}
        assert addresses <= set(listening())
    lines = ("local_address rem_address st", f"0: {'0' * 32}:6978 {'0' * 32}:0000 0A", f"1: {'0' * 32}:6979 x 01")
    (tmp_path / "tcp6").write_text("\n".join(lines), encoding="ascii")
    assert set(listening(tmp_path)) == {("::", 27000)}


def test_no_server_of_a_home_has_the_powers_of_root() -> None:
    home = Path(json.loads(FACTS.read_text(encoding="utf-8"))["home"])
    servers = {path.stem: json.loads(path.read_text(encoding="utf-8"))["pid"] for path in home.glob("*.pid")}
    assert set(servers) >= {"epmd", "rabbitmq", "postgresql"}
    for name, pid in servers.items():
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        (users,) = (line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
        assert "0" not in users, name
