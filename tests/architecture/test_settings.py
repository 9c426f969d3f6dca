"""Every environment variable is documented, and read in few places."""

import ast
import re
from collections.abc import Iterator

import pytest
from house import ROOT, modules

from contracts.registry import SERVICES

OURS = re.compile(rf"\b(?:{'|'.join(['KRUZHOK', *map(str.upper, SERVICES)])})_[A-Z][A-Z_]*")
OF_EVERY_SYSTEM = {"PATH"}
SOURCES = ("libs/*/src", "services/*/src", "services/*/migrations", "deploy", "bench")
SCRIPTS = ("Makefile", ".ci/*", "deploy/**/*.sh")
ENVIRONMENT = {"os.environ", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.getenv"}
READERS = {"chassis": {"run", "cli", "clock", "migrations"}}


def documented() -> set[str]:
    texts = (ROOT / name for name in ("docs/settings.md", ".env.example"))
    return {name for path in texts for name in OURS.findall(path.read_text(encoding="utf-8"))}


def named() -> set[str]:
    """Every variable that code or a script names; a secret's `_FILE` is the secret's."""
    found = set(OF_EVERY_SYSTEM)
    for folder in SOURCES:
        for path in ROOT.glob(f"{folder}/**/*.py"):
            found |= set(variables(ast.parse(path.read_text(encoding="utf-8"))))
    for pattern in SCRIPTS:
        for path in ROOT.glob(pattern):
            found |= set(OURS.findall(path.read_text(encoding="utf-8")))
    return {name.removesuffix("_FILE") if name.removesuffix("_FILE") in found else name for name in found}


def variables(tree: ast.AST) -> Iterator[str]:
    """Names that look like ours, and whatever is asked of os.environ."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OURS.fullmatch(node.value):
            yield node.value
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) in ENVIRONMENT:
            yield from (each.value for each in [node.slice] if isinstance(each, ast.Constant))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ENVIRONMENT:
            yield from (each.value for each in node.args[:1] if isinstance(each, ast.Constant))


def test_every_variable_that_is_read_is_documented() -> None:
    assert named() - OF_EVERY_SYSTEM - documented() == set()


def test_every_documented_variable_is_read() -> None:
    assert documented() - named() == set()


def test_what_is_asked_of_the_environment_is_seen_whatever_its_name() -> None:
    code = "import os\nos.environ.get('MINE', 'x')\nos.environ['YOURS']\nenv.get('OTHER')\nX = 'BILLING_DAYS'\n"
    assert set(variables(ast.parse(code))) == {"MINE", "YOURS", "BILLING_DAYS"}


@pytest.mark.parametrize("package", ["contracts", "chassis", *SERVICES])
def test_only_the_start_and_the_tools_read_the_environment(package: str) -> None:
    reading = {path.stem for path, tree in modules(package) if reads(tree)}
    assert reading <= READERS.get(package, set())


def reads(tree: ast.AST) -> bool:
    """Whether a module has anything to do with os.environ."""
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "os"]
    assert not {each.name for node in imported for each in node.names} & {"environ", "getenv"}
    return any(ast.unparse(node) in ENVIRONMENT for node in ast.walk(tree) if isinstance(node, ast.Attribute))
