"""A refusal that the tests over HTTP excuse is provoked by the test that the excuse names."""

import ast
import sys
from collections.abc import Iterator

import pytest
from house import ROOT, modules, source

sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from excused import EXCUSED, NO_ANSWER

from chassis.errors import KINDS
from gateway import texts


def speaks_of(tree: ast.Module, test: str) -> Iterator[str]:
    """The texts in a test, its parameters among them, and in what the module gives a name that the test uses."""
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == test]
    used = {node.id for each in functions for node in ast.walk(each) if isinstance(node, ast.Name)}
    named = [each for each in tree.body if isinstance(each, ast.Assign | ast.AnnAssign) and name_of(each) in used]
    for part in (*functions, *named):
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def name_of(assigned: ast.Assign | ast.AnnAssign) -> str:
    """The name that is given."""
    return ast.unparse(assigned.targets[0] if isinstance(assigned, ast.Assign) else assigned.target)


@pytest.mark.parametrize(("code", "excuse"), EXCUSED.items(), ids=list(EXCUSED))
def test_an_excuse_names_a_test_that_speaks_of_the_code(code: str, excuse: str) -> None:
    path, _, test = excuse.partition("::")
    assert code in speaks_of(ast.parse((ROOT / path).read_text(encoding="utf-8")), test)


def test_an_excuse_is_checked_at_all() -> None:
    tree = ast.parse('WRONG = {"first": 1}\n\ndef test_it():\n    assert WRONG == "second"\n\nOTHER = "third"\n')
    assert list(speaks_of(tree, "test_it")) == ["second", "first"]
    assert list(speaks_of(tree, "test_that_is_gone")) == []


@pytest.mark.parametrize(("code", "package"), NO_ANSWER.items())
def test_what_is_no_answer_is_raised_where_nobody_asks(code: str, package: str) -> None:
    places = {path for path, tree in modules(package) for node in ast.walk(tree) if is_raised(node, code)}
    assert places <= {source("chassis") / "catch_up.py"}
    assert code in texts.WITHIN


def is_raised(node: ast.AST, code: str) -> bool:
    """Whether the node makes a refusal with the code, or needs the neighbour's fact that would be missing."""
    if not isinstance(node, ast.Call):
        return False
    given = [each.value for each in node.args if isinstance(each, ast.Constant)]
    called = ast.unparse(node.func)
    refusal = called.rpartition(".")[2] in {kind.__name__ for kind in KINDS.values()}
    return (refusal and code in given) or called.endswith(f"{code.partition('_')[0].upper()}.need")
