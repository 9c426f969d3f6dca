"""The OpenAPI document with a page to browse it, and the AsyncAPI document of the public events.

Scripts, styles and pictures are ours, nothing comes from elsewhere.
"""

import json
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, redirect, send_from_directory

from contracts import asyncapi
from gateway.access import public
from gateway.openapi import PREFIX, Api

SWAGGER_UI = Path(str(files("flask_swagger_ui"))) / "dist"
ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
OWN = Path(__file__).with_name("docs_page")
BROWSABLE = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
DAY = 86_400
blueprint = Blueprint("docs", __name__)


def install(app: Flask, api: Api) -> None:
    """Serve them. The documents are made once: they do not change while the process lives."""
    app.extensions["openapi"] = json.dumps(api.document(), ensure_ascii=False)
    app.extensions["asyncapi"] = json.dumps(asyncapi.document(), ensure_ascii=False)
    app.register_blueprint(blueprint)


@blueprint.get("/")
@public
def start_page() -> Response:
    """Where a visitor of the bare address begins."""
    return redirect(f"{PREFIX}/docs")  # type: ignore[return-value]


@blueprint.get(f"{PREFIX}/openapi.json")
@public
def openapi_document() -> Response:
    """The OpenAPI 3.1 document of this API."""
    return Response(current_app.extensions["openapi"], content_type="application/json")


@blueprint.get(f"{PREFIX}/asyncapi.json")
@public
def asyncapi_document() -> Response:
    """The AsyncAPI 3.0 document of the public events."""
    return Response(current_app.extensions["asyncapi"], content_type="application/json")


@blueprint.get(f"{PREFIX}/docs")
@public
def browse() -> Response:
    """The document as a page, from which requests can be tried."""
    response = send_from_directory(OWN, "index.html", max_age=0)
    response.headers["Content-Security-Policy"] = BROWSABLE
    return response


@blueprint.get(f"{PREFIX}/docs/<any('start.js'):name>", endpoint="docs_script")
@public
def script(name: str) -> Response:
    """What starts the page."""
    return send_from_directory(OWN, name, max_age=0)


@blueprint.get(f"{PREFIX}/docs/<any({', '.join(repr(name) for name in ASSETS)}):name>", endpoint="docs_asset")
@public
def asset(name: str) -> Response:
    """A file of Swagger UI."""
    return send_from_directory(SWAGGER_UI, name, max_age=DAY)
