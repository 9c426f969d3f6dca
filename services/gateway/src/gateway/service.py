"""The nameko class: everything it does is behind its HTTP routes."""

from chassis.http import HttpServer
from chassis.service import EdgeService
from gateway.app import create_app


class GatewayService(EdgeService):
    """Answers HTTP requests by asking the services that own the answer."""

    name = "gateway"
    http = HttpServer(create_app)
