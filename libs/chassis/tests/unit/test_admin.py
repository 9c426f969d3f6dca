"""The pages for whoever watches a process."""

import json
import socket
from typing import Any

import pytest

from chassis import admin, metrics


def _get(path: str, checks: Any = None) -> tuple[str, dict[str, str], bytes]:
    answered: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        answered.update(status=status, headers=dict(headers))

    body = b"".join(admin.application(checks or {})({"PATH_INFO": path}, start_response))
    assert answered["headers"]["Content-Length"] == str(len(body))
    return answered["status"], answered["headers"], body


def test_metrics_are_in_prometheus_text() -> None:
    metrics.EVENTS_PUBLISHED.inc()
    status, headers, body = _get("/metrics")
    assert status == "200 OK"
    assert headers["Content-Type"].startswith("text/plain")
    assert b"\nevents_published_total " in body
    assert b"# TYPE rpc_handled_seconds histogram" in body


def test_a_turning_loop_is_live() -> None:
    assert _get("/health/live")[0] == "200 OK"


def test_ready_when_all_checks_pass() -> None:
    status, _, body = _get("/health/ready", {"broker": lambda: True, "database": lambda: True})
    assert (status, json.loads(body)) == ("200 OK", {"status": "ready", "failing": []})


def test_a_failing_or_raising_check_is_named() -> None:
    def broken() -> bool:
        raise ConnectionError("no route")

    checks = {"broker": lambda: False, "loop": lambda: True, "database": broken}
    status, _, body = _get("/health/ready", checks)
    assert status == "503 Service Unavailable"
    assert json.loads(body)["failing"] == ["broker", "database"]


def test_nothing_else_is_there() -> None:
    assert _get("/")[0] == "404 Not Found"


def test_a_taken_address_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Cannot listen on 127.0.0.1:{port}"):
            admin.serve("127.0.0.1", port, {})
