"""The names that API v1 has promised: they may grow, not change.

docs/api-v1-names.json is what was promised. `python deploy/api_names.py` (`make api-names`) adds what docs/openapi.json
has more; it takes nothing away and refuses where something promised is missing.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
PROMISED, DOCUMENT = DOCS / "api-v1-names.json", DOCS / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
Names = dict[str, str]
"""Each name of an operation, dotted, and whether it is `required`: asked of callers, or always in an answer."""


def names_of(document: Mapping[str, Any]) -> dict[str, Names]:
    """What each operation of an OpenAPI document names: statuses, parameters, fields and their values."""
    return {
        f"{method.upper()} {path}": dict(sorted(_of_operation(document, item, item[method])))
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def breaches(promised: Mapping[str, Names], now: Mapping[str, Names]) -> list[str]:
    """What callers who know only what was promised would stumble over."""
    found = [f"{operation} is gone" for operation in promised if operation not in now]
    for operation, names in promised.items():
        here = now.get(operation, names)
        found += [f"{operation}: {name} is gone" for name in names if name not in here]
        found += [f"{operation}: {name} is asked for" for name in here if _newly_asked(name, names, here)]
        found += [f"{operation}: {name} may be absent" for name in names if _no_longer_sure(name, names, here)]
    return found


def grown(promised: dict[str, Names], now: dict[str, Names]) -> dict[str, Names]:
    """Both together; what was promised stays as it was."""
    return {key: dict(sorted((now.get(key, {}) | promised.get(key, {})).items())) for key in promised | now}


def _newly_asked(name: str, names: Names, here: Names) -> bool:
    parent = name.rpartition(".")[0].removesuffix("[]")
    known = parent in names or parent in ("request", "query", "header", "path")
    return not name.startswith("answer") and here[name] == "required" != names.get(name) and known


def _no_longer_sure(name: str, names: Names, here: Names) -> bool:
    return name.startswith("answer") and names[name] == "required" != here.get(name, "required")


def _of_operation(
    document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for each in (*item.get("parameters", ()), *operation.get("parameters", ())):
        name = f"{each['in']}.{each['name']}"
        yield name, _word(each.get("required", False))
        yield from _of_schema(document, name, each["schema"])
    if "requestBody" in operation:
        yield from _of_body(document, "request", operation["requestBody"])
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield f"status {status}", ""
            yield from _of_body(document, "answer", answer)


def _of_body(document: Mapping[str, Any], name: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for content in body.get("content", {}).values():
        yield from _of_schema(document, name, content["schema"])


def _of_schema(document: Mapping[str, Any], at: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from _of_schema(document, at, choice)
    if "items" in schema:
        yield from _of_schema(document, f"{at}[]", schema["items"])
    for value in schema.get("enum", ()):
        yield f"{at} = {json.dumps(value, ensure_ascii=False)}", ""
    for name, field in schema.get("properties", {}).items():
        yield f"{at}.{name}", _word(name in schema.get("required", ()))
        yield from _of_schema(document, f"{at}.{name}", field)


def _word(required: bool) -> str:
    return "required" if required else "optional"


def main() -> None:
    """Promise what is new."""
    promised = json.loads(PROMISED.read_text(encoding="utf-8")) if PROMISED.exists() else {}
    now = names_of(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    if found := breaches(promised, now):
        raise SystemExit("API v1 has promised otherwise:\n" + "\n".join(found))
    PROMISED.write_text(json.dumps(grown(promised, now), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
