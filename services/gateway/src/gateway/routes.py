"""The routes as a table for the documentation, out of the OpenAPI document."""

from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


def table(document: dict[str, Any]) -> str:
    """Markdown: method, path, who may call, whether a key is needed, what it does."""
    lines = ["| | path | who may call | key | |", "|---|---|---|---|---|"]
    for path, operations in document["paths"].items():
        lines += [_line(method, path, operations[method]) for method in METHODS if method in operations]
    return "\n".join(lines)


def _line(method: str, path: str, operation: dict[str, Any]) -> str:
    who = ", ".join(operation.get("x-roles", ["anyone"]))
    keyed = any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    return f"| {method.upper()} | `{path}` | {who} | {'required' if keyed else ''} | {operation['summary']} |"
