"""The small HTTP server of every process, for whoever watches it: `/metrics`, `/health/live`, `/health/ready`."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger(__name__)
CHECK_SECONDS = 2.0
AT_ONCE = 8
SOCKET_SECONDS = 10
Checks = Mapping[str, Callable[[], bool]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def serve(host: str, port: int, checks: Checks) -> Callable[[], None]:
    """Serve in the background; the returned function stops it."""
    try:
        listener = eventlet.listen((host, port), reuse_port=False)
    except OSError as error:
        raise SystemExit(f"Cannot listen on {host}:{port} (KRUZHOK_ADMIN_ADDRESS): {error.strerror}.") from None
    server = eventlet.spawn(
        wsgi.server,
        listener,
        application(checks),
        custom_pool=eventlet.GreenPool(AT_ONCE),
        log=log,
        log_output=False,
        debug=False,
        keepalive=False,
        socket_timeout=SOCKET_SECONDS,
    )

    def stop() -> None:
        server.kill()
        listener.close()

    return stop


def application(checks: Checks) -> Application:
    """The three pages, as a WSGI application."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, kind, body = _page(environ.get("PATH_INFO", ""), checks)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return respond


def _page(path: str, checks: Checks) -> tuple[str, str, bytes]:
    if path == "/metrics":
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
    if path == "/health/live":
        return "200 OK", "application/json", b'{"status": "live"}'
    if path == "/health/ready":
        failing = [name for name, check in checks.items() if not _passes(name, check)]
        status = "503 Service Unavailable" if failing else "200 OK"
        body = {"status": "not ready" if failing else "ready", "failing": failing}
        return status, "application/json", json.dumps(body).encode()
    return "404 Not Found", "text/plain", b"not found"


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        with eventlet.Timeout(CHECK_SECONDS, TimeoutError(f"no answer in {CHECK_SECONDS:g} s")):
            return bool(check())
    except Exception as error:
        log.warning("check_failed", check=name, reason=type(error).__name__)
        return False
