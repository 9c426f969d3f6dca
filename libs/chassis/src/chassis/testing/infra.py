"""Where the test servers are."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

VARIABLE = "KRUZHOK_TEST_INFRA"
PASSWORD = "test"
"""Of every role and broker user that tests make."""


@dataclass(frozen=True)
class Infra:
    """Administrators' URLs of the test servers."""

    amqp_admin_url: str
    rabbitmq_api_url: str
    database_admin_url: str

    def database_url(self, role: str, database: str) -> str:
        """The URL by which a service's role reaches a database."""
        parts = urlsplit(self.database_admin_url)
        return f"postgresql+psycopg2://{role}:{PASSWORD}@{parts.hostname}:{parts.port or 5432}/{database}"

    def amqp_url(self, user: str, vhost: str, password: str = PASSWORD) -> str:
        """The URL by which a broker user reaches a virtual host."""
        parts = urlsplit(self.amqp_admin_url)
        return urlunsplit(("amqp", f"{user}:{password}@{parts.hostname}:{parts.port or 5672}", f"/{vhost}", "", ""))


@cache
def infra() -> Infra:
    """The servers named by the environment."""
    path = os.environ.get(VARIABLE)
    if not path:
        raise LookupError(f"{VARIABLE} must name the JSON file with the test servers (make test sets it).")
    facts = json.loads(Path(path).read_text(encoding="utf-8"))
    return Infra(facts["amqp_admin_url"], facts["rabbitmq_api_url"], facts["database_admin_url"])
