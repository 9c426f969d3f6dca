"""The gateway's Flask application."""

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from chassis.tokens import Verifier
from gateway import api, docs, headers, problems
from gateway.access import ensure_declared
from gateway.bodies import READ_MAX, with_chunks
from gateway.openapi import make_api
from gateway.settings import Settings


class JsonText(DefaultJSONProvider):
    """JSON with Russian letters as they are, fields in the contract's order."""

    ensure_ascii = False
    sort_keys = False
    compact = True


def create_app(settings: Settings) -> Flask:
    """Build the application: all routes, each with its declared callers, and one shape of refusal."""
    app = Flask("gateway", static_folder=None)
    app.json = JsonText(app)
    app.config["MAX_CONTENT_LENGTH"] = READ_MAX
    app.wsgi_app = with_chunks(app.wsgi_app)  # type: ignore[assignment,method-assign]
    app.url_map.strict_slashes = False
    app.extensions["tokens"] = Verifier(settings.token_public_key)
    problems.install(app)
    headers.install(app)
    registry = make_api(app)
    for blueprint in api.BLUEPRINTS:
        registry.register_blueprint(blueprint)
    docs.install(app, registry)
    ensure_declared(app)
    return app
