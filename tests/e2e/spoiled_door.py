"""A door before the suite that passes everything on and spoils one kind of answer."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import requests

Json = dict[str, Any]
PASSED_ON = ("Authorization", "Content-Type", "Idempotency-Key")


def lost(_body: Json) -> None:
    """Instead of what it is, an answer tells of a failure."""
    raise LookupError


@dataclass(frozen=True)
class Spoil:
    """Which answers are not as promised, and how they are changed."""

    method: str
    path: str
    change: Callable[[Json], Any]

    def applied(self, method: str, path: str, answer: requests.Response) -> tuple[int, bytes]:
        """Status and body that the caller gets; refusals are passed on as they are."""
        if not answer.ok or method != self.method or not re.fullmatch(f"/api/v1{self.path}", path.partition("?")[0]):
            return answer.status_code, answer.content
        body = answer.json()
        try:
            self.change(body)
        except LookupError:
            return 500, b"{}"
        return answer.status_code, json.dumps(body).encode()


@contextmanager
def spoiled_door(url: str, spoil: Spoil) -> Iterator[str]:
    """The address of such a door."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
            answer = requests.request(self.command, url + self.path, data=body, headers=headers, timeout=30)
            status, content = spoil.applied(self.command, self.path, answer)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _pass_on  # noqa: N815 the names that http.server looks for

        def log_message(self, *_about: object) -> None:
            """Nobody reads along."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
