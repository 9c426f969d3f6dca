"""Connections of the edge, and what comes over them before it is a request."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from socket import SHUT_WR
from typing import Any

import eventlet
import structlog
from nameko.web import server as nameko_server

log = structlog.get_logger(__name__)
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Fault = tuple[str, str]
"""The status line and the code of a refusal."""
CONNECTION, FAULT = "chassis.connection", "chassis.fault"
MALFORMED = ("400 Bad Request", "request_malformed")
ADDRESS_TOO_LONG = ("414 URI Too Long", "address_too_long")
HEADERS_TOO_LONG = ("431 Request Header Fields Too Large", "headers_too_long")
LENGTH = re.compile(r"[0-9]{1,18}\Z")
LINE_BYTES_MAX = 8 * 1024
"""Of the request's first line, and of each header."""
HEAD_BYTES_MAX = 64 * 1024
SOCKET_SECONDS = 30
LINGER_SECONDS, LINGER_READS_MAX = 2, 16
"""How much of the rest of what was refused is taken in: who still sends loses the answer with the connection."""
ACCEPT_PAUSE_SECONDS = 0.1


class Head:
    """A request's header lines, as many as may come; what is too long is read, and known to be."""

    def __init__(self, file: Any) -> None:
        self.file, self.left, self.too_long = file, HEAD_BYTES_MAX, False

    def readline(self, _size: int = -1) -> bytes:
        """The next line; nothing when the limit is reached."""
        line: bytes = self.file.readline(self.left)
        self.left -= len(line)
        self.too_long |= len(line) >= LINE_BYTES_MAX or not self.left
        return line


class Protocol(nameko_server.HttpOnlyProtocol):  # type: ignore[misc]
    """eventlet's, but that the application refuses also what is no request, and may have the connection closed."""

    rfile: Any
    head: Head

    def get_environ(self) -> Environ:
        """The WSGI environment, with the connection in it."""
        return {**super().get_environ(), CONNECTION: self}

    def _read_request_line(self) -> bytes:
        line: bytes = super()._read_request_line() or b""
        return line[: HEAD_BYTES_MAX - 1]

    def parse_request(self) -> bool:
        """Whether it is a request; what is none has been refused."""
        self.command, self.path, self.request_version = "GET", "/", self.default_request_version
        self.headers, self.head = self.MessageClass(), Head(self.rfile.fp)
        self.rfile = self.head
        if len(self.raw_requestline) == HEAD_BYTES_MAX - 1:
            self._turn_away(ADDRESS_TOO_LONG)
            return False
        if not super().parse_request():
            return False
        fault = self._fault()
        if fault is not None:
            self._turn_away(fault)
        return fault is None

    def _fault(self) -> Fault | None:
        if len(self.raw_requestline) >= LINE_BYTES_MAX:
            return ADDRESS_TOO_LONG
        if self.head.too_long:
            return HEADERS_TOO_LONG
        if self.headers.defects or self.headers.get_payload():  # What follows a broken line would be a next request.
            return MALFORMED
        length = self.headers.get("Content-Length")
        if length is not None and ("Transfer-Encoding" in self.headers or not LENGTH.match(length.strip(" \t"))):
            return MALFORMED
        return None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what `http.server` cannot read."""
        self._turn_away(HEADERS_TOO_LONG if code == 431 else MALFORMED)

    def _turn_away(self, fault: Fault) -> None:
        """Have the application refuse it, and end the connection so that the answer arrives."""
        self.command, self.close_connection = self.command or "GET", 1
        for name in ("Content-Length", "Transfer-Encoding"):
            del self.headers[name]
        self.environ, self.application = {**self.get_environ(), FAULT: fault}, self.server.app
        self.handle_one_response()
        with eventlet.Timeout(LINGER_SECONDS, False), suppress(OSError):
            self.connection.shutdown(SHUT_WR)
            for _ in range(LINGER_READS_MAX):
                if not self.connection.recv(HEAD_BYTES_MAX):
                    break

    def finish(self) -> None:
        """Close the socket, also where what was left to say to a client that has gone cannot be said."""
        try:
            super().finish()
        finally:
            self.rfile.close()


class WebServer(nameko_server.WebServer):  # type: ignore[misc]
    """nameko's web server with limits on slow clients, and a stop that lets responses out."""

    application: Application
    address: tuple[str, int]
    _starting: bool

    @property
    def bind_addr(self) -> Any:
        """Where to listen."""
        return nameko_server.BindAddress(*self.address)

    def start(self) -> None:
        """Listen, alone: a second server on the same address must fail instead of sharing it silently."""
        if not self._starting:
            self._starting = True
            self._sock = eventlet.listen(self.bind_addr, reuse_port=False)
            self._sock.settimeout(None)
            self._serv = self.get_wsgi_server(self._sock, self.get_wsgi_app())
            self._gt = self.container.spawn_managed_thread(self.run)

    def get_wsgi_app(self) -> Application:
        """The mounted application."""
        return self.application

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **_options: Any) -> Any:
        """eventlet's server, quiet, which drops clients that send nothing."""
        return eventlet.wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=Protocol,
            socket_timeout=SOCKET_SECONDS,
            log=structlog.get_logger("wsgi"),
            log_output=False,
            debug=False,
            url_length_limit=HEAD_BYTES_MAX,
        )

    def run(self) -> None:
        """Accept connections for ever; where no more can be opened, wait for some to close."""
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                log.warning("connection_not_accepted", reason=error.strerror)
                eventlet.sleep(ACCEPT_PAUSE_SECONDS)
                continue
            sock.settimeout(SOCKET_SECONDS)
            self.container.spawn_managed_thread(partial(self.process_request, sock, address))

    def process_request(self, sock: Any, address: Any) -> None:
        """Serve one connection; however it breaks, the others go on."""
        try:
            super().process_request(sock, address)
        except OSError as error:
            log.info("connection_broken", reason=error.strerror)
