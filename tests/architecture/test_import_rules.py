"""The import rules know every service, and processes start in the order that eventlet needs."""

import ast
import tomllib
from typing import Any

import pytest
from house import LIBRARIES, ROOT, STORED, source

from contracts.registry import SERVICES

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def rule(beginning: str) -> dict[str, Any]:
    (found,) = (each for each in LINTER["contracts"] if each["name"].startswith(beginning))
    return dict(found)


def test_every_package_is_looked_at() -> None:
    assert set(LINTER["root_packages"]) == {*LIBRARIES, *SERVICES}


def test_no_service_may_import_another() -> None:
    assert set(rule("services never import services")["modules"]) == set(SERVICES)


def test_no_library_may_import_a_service() -> None:
    assert set(rule("libraries never import services")["forbidden_modules"]) == set(SERVICES)


def test_no_service_may_reach_around_the_chassis() -> None:
    kept = rule("only the chassis knows nameko")
    assert set(kept["source_modules"]) == {"contracts", *SERVICES}


def test_every_domain_is_plain_python() -> None:
    domains = {f"{service}.domain" for service in SERVICES if (source(service) / "domain").is_dir()}
    assert set(rule("the domain is plain Python")["source_modules"]) == domains


def test_every_service_with_data_keeps_its_rooms_apart() -> None:
    assert set(rule("rooms of a service")["containers"]) == set(STORED)


def test_the_standard_library_is_patched_before_anything_is_imported_from_it() -> None:
    body = ast.parse((source("chassis") / "run.py").read_text(encoding="utf-8")).body
    lines = [ast.unparse(node) for node in body]
    before = lines[: lines.index("eventlet.monkey_patch()")]
    imported = {line for line in before if line.startswith(("import ", "from "))}
    assert imported == {"import warnings", "import eventlet"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_begins_with_the_chassis(service: str) -> None:
    body = ast.parse((source(service) / "__main__.py").read_text(encoding="utf-8")).body
    assert [ast.unparse(node) for node in body[1:]] == ["from chassis.run import main", f"main('{service}')"]


@pytest.mark.parametrize("package", ["chassis", *SERVICES])
def test_a_package_imports_nothing_by_itself_before_the_chassis_patches(package: str) -> None:
    body = ast.parse((source(package) / "__init__.py").read_text(encoding="utf-8")).body
    assert [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)] == []
