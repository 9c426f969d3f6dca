"""Where the rooms of the house are; shared by the architecture tests."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from contracts.registry import SERVICES

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ("contracts", "chassis")
STORED = tuple(service for service in SERVICES if service != "gateway")


def source(package: str) -> Path:
    """The folder of a package's source."""
    group = "libs" if package in LIBRARIES else "services"
    return ROOT / group / package / "src" / package


def modules(package: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of a package, parsed; without what helps tests."""
    for path in sorted(source(package).rglob("*.py")):
        if "testing" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def service_class(service: str) -> Any:
    """The nameko class of a service."""
    module: ModuleType = importlib.import_module(f"{service}.service")
    return next(each for each in vars(module).values() if isinstance(each, type) and vars(each).get("name") == service)
