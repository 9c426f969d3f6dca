"""docs/api-errors.md: every code that the API can answer with, out of the services' sources and the gateway's texts."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chassis import http
from chassis.errors import KINDS
from contracts.registry import SERVICES
from gateway import problems, texts

ROOT = Path(__file__).resolve().parents[1]
STATUSES = {refusal.__name__: (refusal.kind, refusal.status) for refusal in KINDS.values()}
FIXED_TEXT = {
    "unknown_{projection.kind}": ("unknown_region", "unknown_municipality"),
    "certificate_{known.state}": ("certificate_frozen", "certificate_revoked", "certificate_expired"),
}
"""Codes that are put together at run time, and what they can become."""
MISSING_FACT = "{missing.projection.kind}_not_found"
Kinds = dict[str, set[tuple[str, int]]]
"""Code → kinds of refusal with their statuses."""
INTRODUCTION = """\
Every refusal is `application/problem+json` (RFC 9457) in one shape:

```json
{"type": "urn:kruzhok:problem:offer_expired", "title": "Правила этого не допускают", "status": 422,
 "code": "offer_expired", "detail": "Предложение действовало до 22.11.2026 09:30 (UTC). Запросите новое.",
 "details": {"expires_at": "2026-11-22T09:30:00+00:00"}, "correlation_id": "…"}
```

`code` is stable and meant for programs; `title` and `detail` are for people, in Russian or English by
`Accept-Language`. Names in braces are facts of the refusal (`details`, as strings). A malformed request has `errors`
instead: field, dotted for nested ones → what is wrong with it. A 503 has `Retry-After`; repeating with the same
`Idempotency-Key` is always safe. New codes may appear at any time: treat an unknown one by its status.
"""


@dataclass
class Source:
    """The parsed modules of one package."""

    package: str
    modules: dict[Path, ast.Module]

    @classmethod
    def of(cls, package: str) -> "Source":
        """A library's or a service's source, without what helps tests."""
        group = "libs" if package == "chassis" else "services"
        paths = sorted((ROOT / group / package / "src" / package).rglob("*.py"))
        parsed = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths if "testing" not in path.parts}
        return cls(package, parsed)

    @cached_property
    def calls(self) -> list[tuple[ast.Call, list[ast.FunctionDef], Path]]:
        """Each call with the functions around it, the innermost last."""
        return [(call, around, path) for path, tree in self.modules.items() for call, around in _calls(tree, [])]

    def codes(self) -> Iterator[tuple[str, str]]:
        """Each code with the name of the refusal that is raised with it."""
        kinds = self._projected()
        for call, around, path in self.calls:
            name = ast.unparse(call.func).rpartition(".")[2]
            if name in STATUSES and call.args:
                for code in self._values(call.args[0], around, f"{path}:{call.lineno}"):
                    if code == MISSING_FACT:
                        continue
                    yield from ((each, name) for each in FIXED_TEXT.get(code, (code,)))
        yield from ((f"{kind}_not_found", "NotFound") for kind in kinds)

    def _projected(self) -> set[str]:
        """The kinds of neighbours' facts that the package keeps."""
        made = (call for call, _, _ in self.calls if ast.unparse(call.func).rpartition(".")[2] == "Projection")
        return {call.args[0].value for call in made if call.args and isinstance(call.args[0], ast.Constant)}

    def _values(self, node: ast.expr, around: list[ast.FunctionDef], where: str) -> Iterator[str]:
        """What the expression can be; `SystemExit` where that cannot be read off the source."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from self._values(node.body, around, where)
            yield from self._values(node.orelse, around, where)
        elif isinstance(node, ast.JoinedStr) and ast.unparse(node)[2:-1] in (*FIXED_TEXT, MISSING_FACT):
            yield ast.unparse(node)[2:-1]
        elif isinstance(node, ast.Name):
            yield from self._named(node.id, around, where)
        else:
            raise SystemExit(f"{where}: a refusal's code must be readable: {ast.unparse(node)}")

    def _named(self, name: str, around: list[ast.FunctionDef], where: str) -> Iterator[str]:
        """The values of a local variable, or of a parameter at every call of its function."""
        found = False
        for function in reversed(around):
            for value in _assigned(name, function):
                found = True
                yield from self._values(value, around, where)
            names = [argument.arg for argument in function.args.args]
            if name in names:
                for value, outer in self._passed(function.name, names.index(name), name):
                    found = True
                    yield from self._values(value, outer, where)
            if found:
                return
        raise SystemExit(f"{where}: nothing tells what {name} can be")

    def _passed(self, function: str, position: int, name: str) -> Iterator[tuple[ast.expr, list[ast.FunctionDef]]]:
        for call, around, _ in self.calls:
            if ast.unparse(call.func).rpartition(".")[2] == function:
                if len(call.args) > position:
                    yield call.args[position], around
                for keyword in call.keywords:
                    if keyword.arg == name:
                        yield keyword.value, around


def _calls(node: ast.AST, around: list[ast.FunctionDef]) -> Iterator[tuple[ast.Call, list[ast.FunctionDef]]]:
    inner = [*around, node] if isinstance(node, ast.FunctionDef) else around
    if isinstance(node, ast.Call):
        yield node, around
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, inner)


def _assigned(name: str, function: ast.FunctionDef) -> Iterable[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name for each in node.targets
        ):
            yield node.value


def possible() -> Kinds:
    """Each code that can be answered, with its kinds and HTTP statuses."""
    found: Kinds = defaultdict(set)
    for package in ("chassis", *SERVICES):
        for code, name in Source.of(package).codes():
            kind, status = STATUSES[name]
            found[code].add((kind, problems.STATUS_BY_CODE.get(code, status)))
    for status, code in problems.HTTP_CODES.items():
        found[code].add(("http", status))
    for line, code in http.FAULTS:
        found[code].add(("http", int(line[:3])))
    found["internal_error"].add(("http", 500))
    return dict(found)


def api_errors_md() -> str:
    """The table, a part for each of the texts' groups; without what HTTP never answers with.

    `SystemExit` where texts and sources disagree.
    """
    kinds = possible()
    silent, dead = sorted(kinds.keys() - texts.REFUSALS.keys()), sorted(texts.REFUSALS.keys() - kinds.keys())
    if silent or dead:
        raise SystemExit(f"Without a text: {', '.join(silent) or '-'}; never answered: {', '.join(dead) or '-'}.")
    lines = ["<!-- Written by deploy/generate.py; do not edit. -->", "# Errors of the API", "", INTRODUCTION]
    for name, group in texts.GROUPS.items():
        lines += [
            f"## {name}",
            "",
            "| code | kind | status | when | по-русски | in English |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(code, sorted(kinds[code])) for code in sorted(group)]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(code: str, kinds: list[tuple[str, int]]) -> str:
    wording = texts.REFUSALS[code]
    named = ", ".join(dict.fromkeys(kind for kind, _ in kinds))
    statuses = ", ".join(dict.fromkeys(str(status) for _, status in kinds))
    cells = [
        f"`{code}`",
        named,
        statuses,
        wording.when,
        *(text.replace("{{", "{").replace("}}", "}") for text in wording[1:]),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
