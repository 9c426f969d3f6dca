"""A kept-alive HTTP connection that costs the asking side little: it shares the cores with those who answer."""

import socket
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"


class Wire:
    """Asks one thing after the other."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.host = address.netloc
        self.socket = socket.create_connection((address.hostname or "", address.port or 80), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, token: str, key: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        head = (
            f"POST /api/v1{path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {token}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        received = self._more(b"")
        while END_OF_HEAD not in received:
            received = self._more(received)
        head, _, body = received.partition(END_OF_HEAD)
        _, found, rest = head.lower().partition(LENGTH)
        if not found:
            raise SystemExit(f"an answer without a length: {head!r}")
        length = int(rest.partition(b"\r\n")[0])
        while len(body) < length:
            body = self._more(body)
        return int(head[9:12]), body

    def _more(self, received: bytes) -> bytes:
        part = self.socket.recv(65_536)
        if not part:
            raise SystemExit("the connection was closed before the answer came")
        return received + part
