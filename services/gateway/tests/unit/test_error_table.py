"""docs/api-errors.md: every code that a service can answer with has a row, and no row is dead."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from contracts.registry import SERVICES
from gateway import problems, texts

sys.path.insert(0, str(Path(__file__).parents[4] / "deploy"))

import api_errors


@pytest.fixture(scope="module")
def possible() -> api_errors.Kinds:
    return api_errors.possible()


@pytest.fixture(scope="module")
def rows(possible: api_errors.Kinds) -> list[str]:
    return [line for line in api_errors.api_errors_md().splitlines() if line.startswith("| `")]


def test_every_possible_code_has_texts_and_no_text_is_dead(possible: api_errors.Kinds) -> None:
    assert sorted(possible.keys() - texts.REFUSALS.keys()) == []
    assert sorted(texts.REFUSALS.keys() - possible.keys()) == []


def test_every_code_that_http_may_answer_with_has_one_row(possible: api_errors.Kinds) -> None:
    rows = [
        line.split("|")[1].strip(" `") for line in api_errors.api_errors_md().splitlines() if line.startswith("| `")
    ]
    assert sorted(rows) == sorted(possible.keys() - texts.WITHIN.keys())


def test_a_row_says_kind_status_occasion_and_texts() -> None:
    row = next(line for line in api_errors.api_errors_md().splitlines() if line.startswith("| `offer_expired`"))
    assert row.startswith("| `offer_expired` | rule_violated | 422 | The offer's `expires_at` has passed. |")
    assert "Предложение действовало до {expires_at}." in row
    assert "The offer was good until {expires_at}." in row


def test_a_status_that_http_words_more_closely_is_the_one_in_the_table(possible: api_errors.Kinds) -> None:
    assert possible["stale_page"] == {("conflict", 412)}


def test_a_code_means_one_thing(possible: api_errors.Kinds) -> None:
    refused_at_the_edge_too = {"content_type_unsupported"}
    ambiguous = {code for code, kinds in possible.items() if len({status for _, status in kinds}) > 1}
    assert ambiguous - refused_at_the_edge_too - set(problems.HTTP_CODES.values()) == set()


def messages_about_fields() -> Iterator[tuple[str, str]]:
    """What services say about single fields, with where they do; facts in it are shown as `8`."""
    for service in SERVICES:
        for call, _, path in api_errors.Source.of(service).calls:
            if ast.unparse(call.func).rpartition(".")[2] == "InvalidInput":
                for value in (keyword.value for keyword in call.keywords if keyword.arg):
                    if isinstance(value, ast.Constant):
                        yield str(value.value), f"{path.name}:{call.lineno}"
                    elif isinstance(value, ast.JoinedStr):
                        parts = [part.value if isinstance(part, ast.Constant) else "8" for part in value.values]
                        yield "".join(map(str, parts)), f"{path.name}:{call.lineno}"


def test_what_is_said_about_a_field_is_said_in_russian() -> None:
    english = {
        message: where
        for message, where in messages_about_fields()
        if not re.search(r"[а-яё]", texts.field_message(message, "ru"))
    }
    assert english == {}


def test_every_status_has_a_title(possible: api_errors.Kinds) -> None:
    assert {status for kinds in possible.values() for _, status in kinds} <= set(texts.TITLES)


def test_what_an_operation_documents_it_can_answer(app: Flask, possible: api_errors.Kinds) -> None:
    document = app.test_client().get("/api/v1/openapi.json").json
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items() if isinstance(operation, dict) else ():
                for code in response.get("content", {}).get("application/problem+json", {}).get("examples", ()):
                    assert int(status) in {each for _, each in possible.get(code, ())}, f"{path}: {code}"


SOURCE = """
def check(kind, code="first"):
    if kind:
        raise errors.NotFound(code)
    raise Conflict("second" if kind else "third", "…")

def call():
    check(1, "passed")
    check(2, code="named")

CHILD = Projection("child", "accounts", ())
"""


def test_codes_are_read_off_the_source() -> None:
    found = set(api_errors.Source("shop", {Path("shop.py"): ast.parse(SOURCE)}).codes())
    assert found == {
        ("passed", "NotFound"), ("named", "NotFound"), ("second", "Conflict"), ("third", "Conflict"),
        ("child_not_found", "NotFound"),
    }  # fmt: skip


@pytest.mark.parametrize("line", ["raise NotFound(codes[0])", "raise NotFound(f'{x}_gone')", "raise NotFound(unheard)"])
def test_a_code_that_cannot_be_read_off_is_not_passed_over(line: str) -> None:
    source = api_errors.Source("shop", {Path("shop.py"): ast.parse(f"def f():\n    {line}")})
    with pytest.raises(SystemExit, match=r"shop\.py:2"):
        list(source.codes())
