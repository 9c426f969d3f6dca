"""Every row of docs/api-errors.md is met over HTTP by a test of this folder, or it is excused by a test elsewhere."""

import ast
from pathlib import Path

import pytest
from api_errors import possible
from excused import EXCUSED, NO_ANSWER, NOT_TO_BE_MET
from provoked import CODES

from gateway import texts

FILES = set(Path(__file__).parent.glob("test_*.py"))


def test_every_refusal_of_the_table_is_provoked_or_excused(request: pytest.FixtureRequest) -> None:
    """Where only a part of the folder runs, its files must at least name what the others would provoke."""
    collected = {Path(item.path) for item in request.session.items}
    met = CODES if collected >= FILES else CODES | named()
    rows = possible().keys() - texts.WITHIN.keys()
    assert sorted(rows - met) == sorted(NOT_TO_BE_MET)


def test_what_has_no_row_is_met_by_nobody_over_http() -> None:
    assert sorted(CODES & texts.WITHIN.keys()) == [], "met after all"
    assert sorted(texts.WITHIN) == sorted((EXCUSED.keys() | NO_ANSWER.keys()) - NOT_TO_BE_MET.keys())


def named() -> set[str]:
    """The texts in this folder's other files, the codes that they expect among them."""
    others = set(Path(__file__).parent.glob("*.py")) - {Path(__file__), Path(__file__).with_name("excused.py")}
    nodes = (node for path in others for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
