"""Reading what a caller sent: strict JSON of with_chunks size and depth, nothing unknown in it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from chassis import codec
from chassis.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BYTES_MAX = 256 * 1024
READ_MAX = BYTES_MAX + 1
"""How much is read: of a chunked body, werkzeug cuts off the rest silently, so one byte more tells it is too long."""
LOCATIONS = ("json", "query")


class FieldsInvalid(InvalidInput):
    """Some fields are missing, malformed or unknown; `errors` maps dotted names to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("invalid_request")
        self.errors = errors


class StrictParser(FlaskParser):
    """webargs' parser, answering with our refusals."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE}

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if len(body) > BYTES_MAX:
            raise RequestEntityTooLarge
        if not body:
            raise InvalidInput("body_missing")
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        return parse(body)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query's parameters. `FieldsInvalid` for one with a character that no text column can hold."""
        unfit = {name: ["Invalid value."] for name, value in req.args.items(multi=True) if "\0" in name + value}
        if unfit:
            raise FieldsInvalid(unfit)
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_options: Any) -> NoReturn:
        """A schema said no: name each field."""
        located = error.messages if isinstance(error.messages, dict) else {}
        messages = {name: value for location in LOCATIONS for name, value in located.get(location, {}).items()}
        raise FieldsInvalid(flat(messages)) from error


def with_chunks(application: "WSGIApplication") -> "WSGIApplication":
    """Let the application read a chunked body, whose end the server knows; else it would seem to be missing."""

    def run(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            environ["wsgi.input_terminated"] = True
        return application(environ, start_response)

    return run


def parse(body: bytes) -> Any:
    """Decode strict JSON: UTF-8, no name twice, no NaN, at most 32 levels deep, only characters that can be stored."""
    try:
        return codec.loads(body, bytes_max=BYTES_MAX)
    except ValueError as error:
        raise InvalidInput("json_malformed") from error


def flat(messages: Any, path: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as dotted field name → list of messages."""
    if not isinstance(messages, dict):
        return {path: [str(message) for message in messages]}
    found: dict[str, list[str]] = {}
    for name, value in messages.items():
        inner = path if name == "_schema" else f"{path}.{name}" if path else str(name)
        found |= flat(value, inner or "body")
    return found
