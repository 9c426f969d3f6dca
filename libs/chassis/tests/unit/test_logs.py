"""Log lines: one JSON object each, in context, without personal data."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
import structlog

from chassis import logs
from chassis.context import Context, using

Lines = Callable[[], list[dict[str, Any]]]
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    root = logging.getLogger()
    before, level, written = root.handlers[:], root.level, io.StringIO()
    root.handlers[:] = []
    monkeypatch.setattr(sys, "stdout", written)
    logs.configure("shop", "info")
    try:
        yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)


def test_a_line_says_what_when_where_and_in_which_piece_of_work(lines: Lines) -> None:
    with using(Context(correlation_id="c-1", traceparent=f"00-{TRACE}-b7ad6b7169203331-01")):
        structlog.get_logger("any").info("sold", pairs=2, size=None)
    (line,) = lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "event": "sold",
        "level": "info",
        "service": "shop",
        "correlation_id": "c-1",
        "trace_id": TRACE,
        "pairs": 2,
        "size": None,
    }


def test_libraries_lines_have_the_same_shape(lines: Lines) -> None:
    with using(Context(correlation_id="c-1")):
        logging.getLogger("some.library").warning("lost %s", "amqp://shop:hidden@127.0.0.1//")
    (line,) = lines()
    assert line["event"] == "lost amqp://shop:[masked]@127.0.0.1//"
    assert (line["logger"], line["level"], line["service"]) == ("some.library", "warning", "shop")
    assert line["correlation_id"] == "c-1"


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("some.library").debug("detail")
    logging.getLogger("kombu.mixins").info("chatter")
    assert lines() == []


@pytest.mark.parametrize(
    "name",
    ["password", "password_hash", "access_token", "refresh_token", "Authorization", "Set-Cookie", "email", "e_mail",
     "full_name", "family_name", "given_name", "patronymic", "snils", "born_on", "birth_date", "phone", "private_key",
     "client_secret"],
)  # fmt: skip
def test_values_with_private_names_are_masked_at_any_depth(lines: Lines, name: str) -> None:
    structlog.get_logger().info("x", **{name: "visible-value"}, inner=[{"deep": {name: "visible-value"}}])
    assert "visible-value" not in json.dumps(lines())


@pytest.mark.parametrize("name", ["child_id", "region_code", "status", "idempotency_key", "amount", "subject"])
def test_other_values_are_kept(lines: Lines, name: str) -> None:
    structlog.get_logger().info("x", **{name: "visible-value"})
    assert lines()[0][name] == "visible-value"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail to ivan.petrov+1@example.org failed", "mail to [masked] failed"),
        ("SNILS 112-233-445 95 is known", "SNILS [masked] is known"),
        ("Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl here", "Bearer [masked] here"),
        ("duplicate\nDETAIL:  Key (name)=(Петров\nИван) exists.\n\nmore", "duplicate\nDETAIL: [masked]\n\nmore"),
        (
            "no date\nLINE 1: ... VALUES ('Петров', 'x')\n            ^\n\n[SQL: …]",
            "no date\nLINE 1: [masked]\n\n[SQL: …]",
        ),
        ("[parameters: {'name': 'Петров'}]", "[parameters: [masked]"),
        ("http://127.0.0.1:8000/a:b", "http://127.0.0.1:8000/a:b"),
        ("lessons 101-102 of 2026-09-01", "lessons 101-102 of 2026-09-01"),
    ],
)
def test_texts_lose_what_is_private_in_them(text: str, kept: str) -> None:
    assert logs.scrubbed(text) == kept


def test_a_traceback_is_kept_and_scrubbed(lines: Lines) -> None:
    try:
        raise ValueError("no account for ivan@example.org")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert "ValueError: no account for [masked]" in line["exception"]
    assert "test_logs.py" in line["exception"]


@pytest.mark.parametrize("piece", ["x", "1", "a@", "://", "eyJ.", "x.", "DETAIL:", "\n", "[parameters:"])
def test_endless_texts_are_shortened_in_no_time(piece: str) -> None:
    began_at = monotonic()
    assert len(logs.scrubbed(piece * 100_000)) < 9_000
    assert monotonic() - began_at < 2


def test_values_that_json_does_not_know_are_written_as_text(lines: Lines) -> None:
    structlog.get_logger().info("x", error=KeyError("shoe"), sizes={1})
    (line,) = lines()
    assert (line["error"], line["sizes"]) == ("'shoe'", [1])
