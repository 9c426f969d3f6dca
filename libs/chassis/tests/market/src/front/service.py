"""POST /<service>/<method>?timeout=<seconds> with a JSON body; GET /pending."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from chassis import http
from chassis.errors import Refusal
from chassis.service import EdgeService


@dataclass(frozen=True)
class Remote:
    service: str
    name: str


class FrontService(EdgeService):
    """Asks others."""

    name = "front"
    http = http.HttpServer(lambda _settings: respond)


def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Call and answer: 200, or the refusal's status and code."""
    calls = http.service().calls
    if environ["PATH_INFO"] == "/pending":
        return _answer(start_response, 200, {"pending": calls.pending})
    service, method = environ["PATH_INFO"].strip("/").split("/")
    fields = json.loads(environ["wsgi.input"].read() or b"{}")
    seconds = float(parse_qs(environ.get("QUERY_STRING", "")).get("timeout", ["5"])[0])
    try:
        return _answer(start_response, 200, calls.call(Remote(service, method), fields, seconds))
    except Refusal as refusal:
        return _answer(start_response, refusal.status, {"code": refusal.code, "details": refusal.details})
    except Exception as error:
        return _answer(start_response, 500, {"code": type(error).__name__})


def _answer(start_response: Callable[..., Any], status: int, body: Any) -> list[bytes]:
    start_response(f"{status} .", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
