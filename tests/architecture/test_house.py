"""The house is as its plan says."""

import ast
import re

import pytest
from house import LIBRARIES, ROOT, STORED, modules, source

from contracts.registry import SERVICES

EVERYTHING = (*LIBRARIES, *SERVICES)
FILE_LINES_MAX = 320
FUNCTION_LINES_MAX = 40
DOMAIN_WORDS = re.compile(
    r"\b(child|children|guardian|famil(y|ies)|certificates?|enrol\w*|billing|catalog|programmes?|lessons?|teachers?|"
    r"schools?|clubs?|municipal\w*|kopecks?|roubles?|invoices?|attendance|notifications?)\b",
    re.IGNORECASE,
)
PUBLISHING = re.compile(r"(chassis\.)?(amqp|relay)(\..+)?|(chassis\.)?(outbox|tables)\.(outbox\w*|RECORD|_\w+)(\..+)?")
WRITING = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE|MERGE\s+INTO)\s+(ONLY\s+)?outbox\b", re.I)
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "common", "misc", "base_service"}


def test_services_are_their_folders() -> None:
    folders = {path.name for path in (ROOT / "services").iterdir() if (path / "pyproject.toml").exists()}
    assert folders == set(SERVICES)


@pytest.mark.parametrize("service", STORED)
def test_a_service_has_the_fixed_rooms(service: str) -> None:
    rooms = {path.stem for path in source(service).iterdir()}
    assert {"__init__", "__main__", "service", "settings", "models", "queries", "commands", "domain"} <= rooms
    assert (ROOT / "services" / service / "README.md").exists()
    assert (ROOT / "services" / service / "migrations" / "env.py").exists()


@pytest.mark.parametrize("package", EVERYTHING)
def test_files_and_functions_stay_small(package: str) -> None:
    long = []
    for path, tree in modules(package):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES_MAX:
            long.append(f"{path.name}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX:
                long.append(f"{path.name}: {node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines")
    assert long == []


@pytest.mark.parametrize("package", EVERYTHING)
def test_no_room_has_a_name_that_means_nothing(package: str) -> None:
    assert {path.stem for path, _ in modules(package)} & FORBIDDEN_NAMES == set()


def test_the_chassis_holds_no_domain_word() -> None:
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path, _ in modules("chassis")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if DOMAIN_WORDS.search(line)
    ]
    assert found == []


def test_the_chassis_stays_within_its_budget() -> None:
    total = 0
    for path, tree in modules("chassis"):
        text = path.read_text(encoding="utf-8").splitlines()
        documentation = set()
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
                value = body[0].value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    documentation |= set(range(body[0].lineno, (body[0].end_lineno or 0) + 1))
        total += sum(
            1
            for number, line in enumerate(text, start=1)
            if line.strip() and not line.strip().startswith("#") and number not in documentation
        )
    assert total <= 3680, f"{total} lines; see ADR 13"


def test_only_the_chassis_publishes_events() -> None:
    publishing = {"basic_publish", "send_method", "publish_event", "dispatch"}
    for package in EVERYTHING:
        for path, tree in modules(package):
            if package == "chassis" and path.stem in {"amqp", "relay"}:
                continue
            called = {
                node.func.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            assert not called & publishing, path


def ways_past_the_outbox(tree: ast.Module) -> list[str]:
    """How a module would put events on the bus, or into the table that the relay reads, without `record`."""
    names = [(node.lineno, name) for node in ast.walk(tree) for name in reached(node)]
    words = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [f"line {line}: {name}" for line, name in names if PUBLISHING.fullmatch(name)] + [
        f"line {line}: {word}" for line, word in words if word == "outbox" or WRITING.search(word)
    ]


def reached(node: ast.AST) -> list[str]:
    """The dotted names of what a statement imports or an expression takes out of a module."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{each.name}" for each in node.names]
    return [ast.unparse(node)] if isinstance(node, ast.Attribute) else []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_way_past_the_outbox(service: str) -> None:
    found = [f"{path.name}: {way}" for path, tree in modules(service) for way in ways_past_the_outbox(tree)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "from chassis import amqp",
        "import chassis.relay",
        "from chassis.relay import ASSIGN",
        "from chassis.tables import outbox",
        "from chassis.outbox import RECORD",
        "session.execute(tables.outbox.insert())",
        "session.execute(outbox.outbox.insert())",
        "text('INSERT INTO outbox (event_id) VALUES (:event_id)')",
        'text("""update  outbox\\n SET position = 1""")',
        "text(f'DELETE FROM outbox WHERE {what}')",
        "copy(session, 'outbox', rows)",
    ],
)
def test_each_way_past_the_outbox_would_be_found(line: str) -> None:
    assert ways_past_the_outbox(ast.parse(line)) != []
    assert (
        ways_past_the_outbox(ast.parse("from chassis.outbox import record\ntext('SELECT count(*) FROM outbox')")) == []
    )


def test_no_timeout_may_escape_as_a_base_exception() -> None:
    for path, tree in modules("chassis"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("eventlet.Timeout"):
                assert len(node.args) == 2, f"{path}:{node.lineno} needs False or an exception of ours"


@pytest.mark.parametrize("service", SERVICES)
def test_services_read_the_time_from_the_clock_of_the_chassis(service: str) -> None:
    for path, tree in modules(service):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in {
                    "datetime.now",
                    "datetime.utcnow",
                    "date.today",
                    "time.time",
                    "datetime.datetime.now",
                    "datetime.date.today",
                }, f"{path}:{node.lineno}"
