"""A lesson page with the pupils' names, as far as they are known."""

from collections.abc import Iterable, Mapping
from typing import Any


def lesson_page(lesson: Mapping[str, Any], pupils: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Put each pupil's name beside its line. A line whose pupil is not among `pupils` keeps empty names."""
    names = {pupil["child_id"]: pupil for pupil in pupils}
    return {**lesson, "roster": [_line(line, names.get(line["child_id"], {})) for line in lesson["roster"]]}


def _line(line: Mapping[str, Any], pupil: Mapping[str, Any]) -> dict[str, Any]:
    return {**line, "family_name": pupil.get("family_name"), "given_name": pupil.get("given_name")}
