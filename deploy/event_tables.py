"""The tables of docs/integrators.md: every public event with its fields, out of the contracts."""

from collections.abc import Iterator
from typing import Any

from contracts.asyncapi import PUBLIC_EVENTS
from contracts.base import Event
from contracts.json_schemas import components, name_of, summary_of

REFERENCE = "#/components/schemas/"
WORDS = {"uuid": "UUID", "date": "local date", "date-time": "instant, UTC"}
Described = dict[str, Any]


def public_events_md() -> str:
    """A heading, the routing key and a table of fields for each event."""
    return "\n\n".join(_event(event) for event in PUBLIC_EVENTS)


def _event(event: Event) -> str:
    schema = event.schema()
    known = components(schema)
    lines = [
        f"### `{event.type}`",
        "",
        f"{summary_of(event.schema)} Routing key: `{event.type}.<region>`.",
        "",
        "| field | type | meaning |",
        "|---|---|---|",
    ]
    lines += [f"| `{name}` | {kind} | {text} |" for name, kind, text in _rows(known[name_of(schema)], known)]
    return "\n".join(lines)


def _rows(described: Described, known: Described, before: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in described["properties"].items():
        optional = "" if name in described["required"] else ", may be absent"
        text = field.get("description", "")
        item = field.get("items", field)
        inner = known.get(item.get("$ref", "").removeprefix(REFERENCE))
        if inner is None:
            yield before + name, _type(field) + optional, text
        elif "value" in inner["properties"]:
            yield before + name, "amount" + optional, text
        else:
            yield before + name, "list" + optional, inner.get("description", "")
            yield from _rows(inner, known, f"{before}{name}[].")


def _type(field: Described) -> str:
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    none = " or null" if "null" in kinds else ""
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"] if value is not None) + none
    return WORDS.get(field.get("format", ""), kinds[0]) + none
