"""`kruzhok`: what the person who runs the services needs, beside supervisor and the database's own tools.

Each service's environment is read from `<service>.env` in the directory KRUZHOK_ENV_DIR (else `.local/env`); where
there is no such directory, as in a container, the one service of the process's own environment is meant.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis import database, parked

DATABASE = "KRUZHOK_DATABASE_URL"
Environments = Mapping[str, Mapping[str, str]]
Lines = tuple[list[str], list[str]]
"""What was done, and what was refused."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 1 when it found something that a person has to know."""
    asked = list(sys.argv[1:] if argv is None else argv)
    owner = _owner(asked)
    if owner:
        return _run(owner, f"cli.{asked[0]}", asked[1:], environments())
    arguments, options = _parse(asked)
    arguments.options = options
    try:
        return int(arguments.run(arguments, environments()))
    except OperationalError as error:
        raise SystemExit(f"The database does not answer: {str(error.orig).splitlines()[0]}") from None


def environments() -> Environments:
    """The variables of each service, by its name."""
    directory = Path(os.environ.get("KRUZHOK_ENV_DIR", ".local/env"))
    if directory.is_dir():
        return {path.stem: _variables(path) for path in sorted(directory.glob("*.env"))}
    if DATABASE in os.environ or f"{DATABASE}_FILE" in os.environ:
        return {os.environ.get("KRUZHOK_SERVICE", "this service"): dict(os.environ)}
    raise SystemExit(f"No directory {directory}: name the one with the services' .env files in KRUZHOK_ENV_DIR.")


def _variables(path: Path) -> dict[str, str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _owner(asked: Sequence[str]) -> str | None:
    """The service with a module `cli.<word>`: the word is its own, and so is all that follows."""
    word = asked[0] if asked and asked[0].isidentifier() else None
    if word is None or word in ("parked", "sample"):
        return None
    return next((name for name in environments() if _has(name, "cli") and _has(name, f"cli.{word}")), None)


def _parse(asked: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """What was asked for, and the options behind `sample SERVICE…`, which are for the services to understand."""
    handed = (place for place, each in enumerate(asked) if each.startswith("--") and each != "--help")
    end = next(handed, len(asked)) if asked[:1] == ["sample"] else len(asked)
    return _parser().parse_args(asked[:end]), asked[end:]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kruzhok", description="Look after the services of this installation.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    events = commands.add_parser("parked", help="events that were set aside because no attempt succeeded")
    actions = events.add_subparsers(required=True, metavar="ACTION")
    for action, (perform, meaning) in _ACTIONS.items():
        one = actions.add_parser(action, help=meaning)
        one.add_argument("event_ids", metavar="ID", nargs="*", help="event ids; without any: all")
        one.add_argument("--service", help="only this service's")
        one.set_defaults(run=_parked, perform=perform, careless=False, data=False)
        if action == "show":
            one.add_argument("--data", action="store_true", help="what the events carry, too (may be personal)")
        if perform in (_retry, _drop):
            one.add_argument("--all", action="store_false", dest="careless", help="needed where no id is named")
            one.set_defaults(careless=True)
    sample = commands.add_parser("sample", help="load the sample data of the services")
    sample.add_argument("services", metavar="SERVICE", nargs="*", help="in this order; without any: all that have some")
    sample.set_defaults(run=_sample)
    return parser


def _parked(arguments: argparse.Namespace, known: Environments) -> int:
    if arguments.careless and not arguments.event_ids:
        raise SystemExit("Name the events, or say --all.")
    if arguments.service and arguments.service not in known:
        raise SystemExit(f"There is no service {arguments.service}; there are {', '.join(known)}.")
    said, complete = 0, True
    for service, session in _sessions(known, arguments.service):
        lines, refused = arguments.perform(session, arguments)
        for line in [*lines, *refused]:
            _say(f"{service}  {line}")
        said, complete = said + len(lines) + len(refused), complete and not refused
    if not said:
        _say("Nothing of the kind is parked.")
    return 0 if complete else 1


def _sessions(known: Environments, only: str | None) -> Iterator[tuple[str, Session]]:
    for service, variables in known.items():
        path = variables.get(f"{DATABASE}_FILE")
        url = Path(path).read_text(encoding="utf-8").strip() if path else variables.get(DATABASE)
        if url and only in (None, service):
            engine = database.create(url, "kruzhok", pool_size=1)
            with database.Transactions(engine).writing() as session:
                yield service, session
            engine.dispose()


def _list(session: Session, arguments: argparse.Namespace) -> Lines:
    return [_line(event) for event in parked.find(session, arguments.event_ids)], []


def _line(event: Mapping[str, Any]) -> str:
    what = "undecodable" if event.get("undecodable") else event.get("type", "")
    return f"{event['event_id']}  {what}  {event['recorded_at'][:19]}  {event['error']}"


def _show(session: Session, arguments: argparse.Namespace) -> Lines:
    events = parked.find(session, arguments.event_ids, arguments.data)
    return [json.dumps(event, ensure_ascii=False, indent=2) for event in events], []


def _retry(session: Session, arguments: argparse.Namespace) -> Lines:
    retried, refused = parked.retry(session, arguments.event_ids)
    reason = "cannot be tried again, it is undecodable: mend its sender, then drop it"
    return [f"{each}  will be tried again now" for each in retried], [f"{each}  {reason}" for each in refused]


def _drop(session: Session, arguments: argparse.Namespace) -> Lines:
    return [f"{each}  dropped" for each in parked.drop(session, arguments.event_ids)], []


_ACTIONS: dict[str, tuple[Any, str]] = {
    "list": (_list, "one line for each"),
    "show": (_show, "everything known about them"),
    "retry": (_retry, "let them be tried again, now and with all attempts"),
    "drop": (_drop, "give them up for good"),
}


def _sample(arguments: argparse.Namespace, known: Environments) -> int:
    """Load the samples one after the other; further options go to those that take any."""
    services = arguments.services or [name for name in known if _has(name, "sample")]
    for service in services:
        if service not in known:
            raise SystemExit(f"There is no service {service}; there are {', '.join(known)}.")
    takers = [each for each in services if arguments.options and hasattr(import_module(f"{each}.sample"), "parser")]
    if arguments.options and not takers:
        raise SystemExit(f"No sample takes {' '.join(arguments.options)}.")
    for service in services:
        status = _run(service, "sample", arguments.options if service in takers else [], known)
        if status:
            return status
    return 0


def _run(service: str, module: str, options: Sequence[str], known: Environments) -> int:
    command = [sys.executable, "-m", service, module, *options]
    done = subprocess.run(command, env={**os.environ, **known[service]}, check=False)  # noqa: S603 our own module
    return done.returncode


def _has(service: str, module: str) -> bool:
    return service.isidentifier() and find_spec(service) is not None and find_spec(f"{service}.{module}") is not None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
