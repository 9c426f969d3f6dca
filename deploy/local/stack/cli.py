"""The commands behind the Makefile."""

import argparse
import errno
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from stack import bootstrap, files
from stack.console import complain, say
from stack.count import count
from stack.errors import StackError
from stack.infra import PARTS, Infra
from stack.ports import InfraPorts
from stack.services import free_ports

Command = Callable[[argparse.Namespace], int]


def main(argv: list[str] | None = None) -> int:
    """Run one command; what a person can mend is one sentence and exit status 1."""
    # The servers' users must reach what is made here; what is secret says so itself.
    os.umask(0o022)
    arguments = _parser().parse_args(argv)
    command: Command = arguments.run
    try:
        return command(arguments)
    except StackError as error:
        return complain(error)
    except KeyboardInterrupt:
        return complain(StackError("Interrupted; run the same command again to go on."))
    except OSError as error:
        return complain(StackError(_system_sentence(error)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stack")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name in ("up", "demo"):
        _add(commands, name, _inside("suite", name, developer=False, servers=True))
    for name in ("down", "status"):
        _add(commands, name, _inside("suite", name, install=False))
    follow = _add(commands, "logs", _inside("suite", "logs", install=False))
    follow.add_argument("service", nargs="?", default="")
    integrator = _add(commands, "integrator", _inside("integrators", "integrator", install=False))
    integrator.add_argument("name")
    integrator.add_argument("region", nargs="?", default="", help="two digits; none takes the access away")
    for name, servers in (("check", False), ("test", True), ("test_long", True), ("bench", True)):
        command = _add(commands, name, _inside("testing", name, developer=True, servers=servers))
        command.add_argument("pytest", nargs="*", help="for pytest, after --")
    for name, module in (("generated", "testing"), ("api_names", "testing"), ("lock", "locks")):
        _add(commands, name, _inside(module, name, developer=True, servers=False))
    _add(commands, "free_ports", free_ports)
    _add(commands, "count", count)
    _add_infra(commands)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Command
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name)
    parser.set_defaults(run=run)
    return parser


def _inside(module: str, function: str, *, install: bool = True, **wanted: bool) -> Command:
    """A command that runs inside the environment; its module is imported only there."""

    def run(arguments: argparse.Namespace) -> int:
        if install:
            bootstrap.ensure(**wanted)
        else:
            bootstrap.ensure_as_it_is()
        command: Command = getattr(import_module(f"stack.{module}"), function)
        return command(arguments)

    return run


def _add_infra(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    infra = _add(commands, "infra", _infra)
    infra.add_argument("action", choices=("start", "stop", "restart", "wipe", "status"))
    infra.add_argument("--home", type=Path, required=True)
    infra.add_argument("--port-base", type=int, required=True, help="the first of six free ports")
    infra.add_argument("--only", choices=PARTS)


def _infra(arguments: argparse.Namespace) -> int:
    infra = Infra(arguments.home.resolve(), InfraPorts.from_base(arguments.port_base))
    parts = (arguments.only,) if arguments.only else PARTS
    if arguments.action == "status":
        for daemon in (daemon for part in parts for daemon in infra.daemons(part)):
            say(f"{daemon.name:<12} {daemon.pid() or 'stopped'}")
        return 0
    with files.lock(infra.home / "lock"):
        if arguments.action in ("stop", "restart"):
            infra.stop(parts)
        if arguments.action == "wipe":
            infra.wipe(parts)
        if arguments.action in ("start", "restart"):
            infra.start(parts=parts)
    return 0


def _system_sentence(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full{where}: free some space and run the command again."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Permission denied{where}: was this set up by another user?"
    return f"{error.strerror or error}{where}."
