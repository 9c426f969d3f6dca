"""The gateway's environment variables."""

from dataclasses import dataclass

from chassis import settings
from chassis.settings import setting


def host_and_port(value: str) -> str:
    """`127.0.0.1:8000`, as it came; `ValueError` for any other shape."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("host:port is needed, such as 127.0.0.1:8000")
    return value


@dataclass(frozen=True)
class Settings(settings.Settings):
    """Where the API listens, besides what every service needs."""

    max_workers: int = setting(
        "KRUZHOK_MAX_WORKERS",
        "Requests at once in one process; each mostly waits for a service.",
        parse=settings.at_least(4),
        default=96,
    )
    http_address: str = setting(
        "GATEWAY_HTTP_ADDRESS", "host:port of the HTTP API", parse=host_and_port, default="127.0.0.1:8000"
    )

    @property
    def http_host(self) -> str:
        """The address that the API listens on."""
        return self.http_address.rpartition(":")[0]

    @property
    def http_port(self) -> int:
        """The port that the API listens on."""
        return int(self.http_address.rpartition(":")[2])
