"""The HTTP server of the gateway: what the server itself turns away is told in people's words, too."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from chassis.context import Context, using
from chassis.http import HttpServer
from chassis.wire import Environ
from gateway.problems import CONTENT_TYPE, problem


class Door(HttpServer):
    """Answers before a worker is found, such as `overloaded`, in the shape and the words of all others."""

    application: Flask

    def respond(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The answer to a request, whoever gives it."""
        head: list[tuple[str, list[tuple[str, str]]]] = []
        body = super().respond(environ, lambda status, headers, *_: head.append((status, headers)))
        status, headers = head[-1]
        if _is_the_servers_own(dict(headers)):
            headers, body = self._worded(environ, headers, json.loads(b"".join(body)))
        start_response(status, headers)
        return body

    def _worded(
        self, environ: Environ, headers: list[tuple[str, str]], refusal: dict[str, Any]
    ) -> tuple[list[tuple[str, str]], list[bytes]]:
        context = Context(correlation_id=refusal["correlation_id"])
        with using(context), self.application.request_context(environ):
            response = self.application.process_response(problem(refusal["status"], refusal["code"], {}, {}))
        kept = [each for each in headers if each[0] not in response.headers]
        return [*response.headers.items(), *kept], [response.get_data()]


def _is_the_servers_own(headers: dict[str, str]) -> bool:
    return headers.get("Content-Type") == CONTENT_TYPE and "Content-Language" not in headers
