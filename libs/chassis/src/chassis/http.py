"""The edge: a WSGI application mounted in nameko, one worker for each request."""

import re
import secrets
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from io import BytesIO
from time import monotonic
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import DependencyProvider

from chassis import codec, metrics, wire
from chassis.context import Context, using
from chassis.wire import Application, Environ, Fault

log = structlog.get_logger(__name__)
REQUEST_SECONDS = 9.0
"""From the request's headers to its answer, waiting for a worker included."""
BODY_SECONDS = 5.0
WORKER_SECONDS = 4.0
"""Who finds no worker for so long is refused while there is time left for others."""
WAITING_MAX = 200
LAST_RESPONSES_SECONDS = 5
ENDS_AT = "chassis.ends_at"
BROKEN = ("500 Internal Server Error", "internal_error")
OVERLOADED = ("503 Service Unavailable", "overloaded")
TOO_SLOW = ("408 Request Timeout", "body_too_slow")
FAULTS = (BROKEN, OVERLOADED, wire.MALFORMED, TOO_SLOW, wire.ADDRESS_TOO_LONG, wire.HEADERS_TOO_LONG)
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")
_service: ContextVar[Any] = ContextVar("service")


def service() -> Any:
    """The service instance of the worker that handles this request."""
    return _service.get()


class NoWorker(Exception):
    """All workers were busy for too long."""


class HttpServer(DependencyProvider):  # type: ignore[misc]
    """`http = HttpServer(create_app)`: serves `create_app(settings)` at `settings.http_host:http_port`.

    Each request runs in a worker with the caller's token, trace, idempotency key and a deadline of nine seconds.
    """

    web_server = wire.WebServer()
    expected_exceptions: tuple[type[Exception], ...] = ()
    sensitive_arguments: tuple[str, ...] = ()

    def __init__(self, create_app: Callable[[Any], Application]) -> None:
        self.create_app = create_app
        self.active, self.stopping = 0, False

    @property
    def method_name(self) -> str:
        """The attribute that a worker calls."""
        return str(self.attr_name)

    def setup(self) -> None:
        """Build the application."""
        settings = self.container.config["settings"]
        self.application = self.create_app(settings)
        self.web_server.address = (settings.http_host, settings.http_port)
        self.web_server.application = self.respond

    def drain(self) -> None:
        """Tell clients to close; called when the process has been asked to stop."""
        self.stopping = True

    def stop(self) -> None:
        """Wait until the last responses are out."""
        self.stopping = True
        ends_at = monotonic() + LAST_RESPONSES_SECONDS
        while self.active and monotonic() < ends_at:
            eventlet.sleep(0.02)

    def get_dependency(self, worker: Any) -> Application:
        """What the worker calls with the request."""

        def run(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
            _service.set(worker.service)
            began_at = monotonic()

            def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
                milliseconds = round((monotonic() - began_at) * 1000, 1)
                method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
                log.info("responded", method=method, path=path, status=status[:3], milliseconds=milliseconds)
                return start_response(status, headers, exc_info)

            with using(context_of(environ)):
                return self.application(environ, start)

        return run

    def respond(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Read the request and run it in a worker; when too many wait already, refuse at once."""
        done, began_at = Event(), monotonic()
        environ[ENDS_AT] = began_at + REQUEST_SECONDS
        if self.container._worker_pool.waiting() > WAITING_MAX:
            return _refuse(start_response, *OVERLOADED)

        def ended(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            done.send((result, exc_info))
            return result, None

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if self.stopping:
                environ[wire.CONNECTION].close_connection = 1
            metrics.HTTP_HANDLED.labels(environ["REQUEST_METHOD"], status[:3]).observe(monotonic() - began_at)
            return start_response(status, headers, exc_info)

        self.active += 1
        try:
            fault = environ.get(wire.FAULT) or _receive(environ)
            if fault is not None:
                environ[wire.CONNECTION].close_connection = 1
                return _refuse(start, *fault)
            with eventlet.Timeout(WORKER_SECONDS, NoWorker()):
                self.container.spawn_worker(self, (environ, start), {}, context_data={}, handle_result=ended)
            result, exc_info = done.wait()
            if exc_info:
                log.error("bug", path=environ["PATH_INFO"], exc_info=exc_info)
                return _refuse(start, *BROKEN)
            return list(result)
        except (ContainerBeingKilled, NoWorker):
            return _refuse(start, *OVERLOADED)
        finally:
            self.active -= 1


def _receive(environ: Environ) -> Fault | None:
    """Take the body in, so that a slow sender keeps no worker; or say why not.

    A body that is announced as too long is left for the application to refuse.
    """
    lengths = sum(name.lower() == "content-length" for name, _ in environ["headers_raw"])
    if lengths > 1 or environ.get("HTTP_TRANSFER_ENCODING", "chunked").lower() != "chunked":
        return wire.MALFORMED
    if int(environ.get("CONTENT_LENGTH") or 0) > codec.BYTES_MAX:
        return None
    try:
        with eventlet.Timeout(BODY_SECONDS, TimeoutError()):
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(codec.BYTES_MAX + 1))
    except TimeoutError:
        return TOO_SLOW
    except (OSError, ValueError):
        return wire.MALFORMED
    return None


def _refuse(start_response: Callable[..., Any], status: str, code: str) -> list[bytes]:
    (number, title), correlation_id = status.split(" ", 1), str(uuid.uuid4())
    log.info("turned_away", code=code, correlation_id=correlation_id)
    body = {"type": "about:blank", "title": title, "status": int(number), "code": code}
    retry = [("Retry-After", "1")] if number == "503" else []
    headers = [("Content-Type", "application/problem+json"), ("X-Correlation-Id", correlation_id), *retry]
    start_response(status, headers)
    return [codec.dumps(body | {"correlation_id": correlation_id}).encode()]


def context_of(environ: Environ) -> Context:
    """The context that a request brings, with a trace of its own where it brings none."""
    traceparent = str(environ.get("HTTP_TRACEPARENT", ""))
    if not TRACEPARENT.match(traceparent):
        traceparent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return Context(
        correlation_id=str(uuid.uuid4()),
        traceparent=traceparent,
        token=token.strip()[:4096] if scheme.lower() == "bearer" else "",
        idempotency_key=str(environ.get("HTTP_IDEMPOTENCY_KEY", ""))[:256],
        ends_at=environ.get(ENDS_AT, monotonic() + REQUEST_SECONDS),
    )
