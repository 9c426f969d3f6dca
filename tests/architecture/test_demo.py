"""The journey of `make demo` is anybody's program: it knows one address and one mailbox, and nothing of the suite."""

import ast
import sys
from collections.abc import Iterator

from house import ROOT

DEMO = ROOT / "deploy" / "demo"
OTHERS = {"requests"}


def trees() -> Iterator[ast.Module]:
    for path in DEMO.glob("*.py"):
        yield ast.parse(path.read_text(encoding="utf-8"))


def test_it_imports_nothing_of_ours() -> None:
    imported: set[str] = set()
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            imported |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("" if node.level else str(node.module).partition(".")[0])
        assert not (isinstance(node, ast.Name) and node.id in ("__import__", "exec", "eval"))
    assert imported - set(sys.stdlib_module_names) - {path.stem for path in DEMO.glob("*.py")} == OTHERS
    assert not imported & {"importlib", "runpy", "subprocess", "socket"}


def test_it_knows_one_address_and_one_mailbox() -> None:
    asked, places = set(), set()
    for node in (node for tree in trees() for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and "os." in ast.unparse(node.func):
            asked.add(ast.unparse(node))
        if isinstance(node, ast.Constant) and "://" in str(node.value) and " " not in str(node.value):
            places.add(node.value)
    assert asked == {"os.environ.get('KRUZHOK_URL', 'http://127.0.0.1:8000')", "os.environ.get('KRUZHOK_MAIL')"}
    assert places == {"http://127.0.0.1:8000"}
