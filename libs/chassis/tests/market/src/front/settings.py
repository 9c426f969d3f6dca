"""The front's settings."""

from dataclasses import dataclass

from chassis import settings
from chassis.settings import address, host_and_port, setting


@dataclass(frozen=True)
class Settings(settings.Settings):
    """Where it listens, besides what every service needs."""

    http_address: str = setting("FRONT_HTTP_ADDRESS", "host:port.", parse=address)

    @property
    def http_host(self) -> str:
        return host_and_port(self.http_address)[0]

    @property
    def http_port(self) -> int:
        return host_and_port(self.http_address)[1]
