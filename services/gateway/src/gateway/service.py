"""The nameko class: everything it does is behind its HTTP routes."""

from chassis.service import EdgeService
from gateway.app import create_app
from gateway.door import Door


class GatewayService(EdgeService):
    """Answers HTTP requests by asking the services that own the answer."""

    name = "gateway"
    http = Door(create_app)
