"""Writes what follows from code: definitions.json, docs/contracts.md, settings.md, openapi.json, the services' tables.

`python deploy/generate.py` writes, `python deploy/generate.py --check` exits 1 and names what is stale.
"""

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api_errors import api_errors_md
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from event_tables import public_events_md

from chassis import settings
from contracts import asyncapi, topology
from contracts.base import PUBLIC, Method
from contracts.registry import EVENTS, METHODS, READERS, SERVICES
from gateway import routes
from gateway.app import create_app
from gateway.settings import Settings as GatewaySettings

ROOT = Path(__file__).resolve().parents[1]
ROUTES = "<!-- generated: routes -->"
PUBLIC_EVENTS = "<!-- generated: public events -->"
BEGIN, END = "<!-- generated: contracts -->", "<!-- /generated -->"
HEAD = "<!-- Written by deploy/generate.py; do not edit. -->\n"
TOOLS = (
    ("KRUZHOK_ENV_DIR", "`kruzhok`: the directory of the services' `<service>.env` files", ".local/env", False),
    ("KRUZHOK_SERVICE", "`kruzhok` in a container: the service whose environment this is", "this service", False),
    ("KRUZHOK_URL", "deploy/demo/journey.py: the address of the API", "http://127.0.0.1:8000", False),
    ("KRUZHOK_MAIL", "deploy/demo/journey.py: the Maildir where the suite's mails arrive", "None", False),
    ("KRUZHOK_TEST_INFRA", "tests and bench: the JSON file that names their servers", "set by make", False),
)


def definitions_json() -> str:
    """The broker's definitions."""
    return json.dumps(topology.definitions(), indent=2, sort_keys=True) + "\n"


def handled(service: str) -> dict[str, tuple[str, ...]]:
    """The fields that a service reads of each event type."""
    module = importlib.import_module(f"{service}.service")
    cls = next(each for each in vars(module).values() if isinstance(each, type) and vars(each).get("name") == service)
    return {name: tuple(handler.schema.fields) for name, handler in cls.handlers().items()}


def contracts_md() -> str:
    """Who announces what, who reads which fields, and who may call what."""
    reads = {service: handled(service) for service in READERS}
    lines = [HEAD + "# Contracts", "", "## Events", "", "| event | public | read by: fields |", "|---|---|---|"]
    for event in EVENTS.values():
        readers = [
            f"{service}: {', '.join(fields[event.type])}" for service, fields in reads.items() if event.type in fields
        ]
        lines.append(f"| `{event.type}` | {'yes' if event.public else ''} | {'<br>'.join(readers)} |")
    lines += ["", "## Methods", "", "| method | who may call | key |", "|---|---|---|"]
    lines += [f"| `{each.service}.{each.name}` | {callers(each)} | {key(each)} |" for each in METHODS]
    return "\n".join(lines) + "\n"


def callers(method: Method) -> str:
    """Roles and peers in words."""
    roles = ["anyone"] if PUBLIC in method.allow else sorted(method.allow)
    return ", ".join([*roles, *(f"service {peer}" for peer in sorted(method.peers))])


def key(method: Method) -> str:
    """Whether the method needs an idempotency key."""
    return "required" if method.command and method.keyed else ""


def settings_md() -> str:
    """Every environment variable of every service."""
    lines = [HEAD + "# Settings", "", "Secrets may also come from the file that `<NAME>_FILE` names.", ""]
    common = settings.documented(settings.Settings)
    lines += ["## Every process", "", *_table(common)]
    lines += ["| `KRUZHOK_CLOCK_FILE` | tests only: a file that holds the instant it is now | |  |"]
    for service in SERVICES:
        own = [
            row
            for row in settings.documented(importlib.import_module(f"{service}.settings").Settings)
            if row not in common
        ]
        lines += ["", f"## {service}", "", *(_table(own) if own else ["Nothing of its own."])]
    lines += ["", "## Tools", "", *_table(TOOLS)]
    lines += ["", "What `make` reads (ports, servers that exist already) is in [.env.example](../.env.example)."]
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[tuple[str, str, str | None, bool]]) -> list[str]:
    return ["| variable | what for | default | secret |", "|---|---|---|---|"] + [
        f"| `{name}` | {text} | {default} | {'yes' if secret else ''} |" for name, text, default, secret in rows
    ]


def service_tables(service: str) -> str:
    """What a service answers, emits and hears."""
    lines = ["| answers | who may call | key |", "|---|---|---|"]
    lines += [f"| `{each.name}` | {callers(each)} | {key(each)} |" for each in METHODS if each.service == service]
    emitted = [event for event in EVENTS.values() if event.producer == service]
    if emitted:
        lines += ["", "| emits | public |", "|---|---|"]
        lines += [f"| `{event.type}` | {'yes' if event.public else ''} |" for event in emitted]
    if READERS.get(service):
        lines += ["", "| hears | fields it reads |", "|---|---|"]
        lines += [f"| `{name}` | {', '.join(fields)} |" for name, fields in sorted(handled(service).items())]
    return "\n".join(lines)


def filled(path: Path, begin: str, text: str) -> str:
    """The file with this text between its marks; a file without them is named, not passed over."""
    before, begun, rest = path.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise SystemExit(f"{path} must hold a line {begin} and after it {END}.")
    return f"{before}{begin}\n\n{text}\n\n{END}{after}"


def openapi() -> dict[str, Any]:
    """The API's document, out of an application that serves nobody."""
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    environ = {"KRUZHOK_ENV": "test", "KRUZHOK_AMQP_URL": "amqp://nobody", "KRUZHOK_TOKEN_PUBLIC_KEY": key.decode()}
    return dict(json.loads(create_app(settings.load(GatewaySettings, environ)).extensions["openapi"]))


def outputs() -> dict[Path, str]:
    """Every generated file and what it must hold."""
    wanted: dict[Path, Any] = {
        ROOT / "deploy" / "rabbitmq" / "definitions.json": definitions_json(),
        ROOT / "docs" / "contracts.md": contracts_md(),
        ROOT / "docs" / "settings.md": settings_md(),
        ROOT / "docs" / "api-errors.md": api_errors_md(),
    }
    wanted[ROOT / "docs" / "asyncapi.json"] = json.dumps(asyncapi.document(), ensure_ascii=False, indent=1) + "\n"
    document = openapi()
    wanted[ROOT / "docs" / "openapi.json"] = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    integrators = ROOT / "docs" / "integrators.md"
    wanted[integrators] = filled(integrators, PUBLIC_EVENTS, public_events_md())
    for service in SERVICES:
        readme = ROOT / "services" / service / "README.md"
        if service == "gateway":
            wanted[readme] = filled(readme, ROUTES, routes.table(document))
        else:
            wanted[readme] = filled(readme, BEGIN, service_tables(service))
    return wanted


def main() -> None:
    """Write, or check."""
    stale = [path for path, text in outputs().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        if stale:
            raise SystemExit("Stale, run `make generated`: " + ", ".join(str(path.relative_to(ROOT)) for path in stale))
        return
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(outputs()[path], encoding="utf-8")
        print("wrote", path.relative_to(ROOT))


if __name__ == "__main__":
    main()
