"""The environment variables of every service process, kept in home/env/<service>.env."""

from pathlib import Path

from stack import files, keys
from stack.endpoints import Broker, Database
from stack.infra import Infra
from stack.ports import HOST
from stack.services import SERVICES, Service, http_port, smtp_port


def write_all(infra: Infra, broker: Broker, database: Database) -> dict[str, dict[str, str]]:
    """Write each service's file and give them all by name."""
    everything = {service.name: _variables(service, infra, broker, database) for service in SERVICES}
    folder = files.directory(folder_of(infra), mode=0o700)
    for name, variables in everything.items():
        text = "".join(f"{key}={value}\n" for key, value in variables.items())
        files.write(folder / f"{name}.env", text, mode=0o600)
    return everything


def folder_of(infra: Infra) -> Path:
    """Where the files are; `kruzhok` reads them from KRUZHOK_ENV_DIR."""
    return infra.home / "env"


def _variables(service: Service, infra: Infra, broker: Broker, database: Database) -> dict[str, str]:
    password = infra.secret(service.name)
    private, public = keys.token_keys(infra.home / "secrets")
    variables = {
        "KRUZHOK_ENV": "local",
        "KRUZHOK_LOG_LEVEL": "info",
        "KRUZHOK_AMQP_URL": broker.url(service.name, password),
        "KRUZHOK_ADMIN_ADDRESS": f"{HOST}:{service.admin_port}",
        "KRUZHOK_TOKEN_PUBLIC_KEY_FILE": str(public),
    }
    if service.has_database:
        variables["KRUZHOK_DATABASE_URL"] = database.url(service.name, password)
    if service.name == "accounts":
        variables |= {
            "ACCOUNTS_TOKEN_PRIVATE_KEY_FILE": str(private),
            "ACCOUNTS_SNILS_KEY": keys.aes_key(infra.home / "secrets", "snils-key"),
            "ACCOUNTS_SNILS_INDEX_KEY": keys.aes_key(infra.home / "secrets", "snils-index-key"),
        }
    if service.name == "notifications":
        variables |= {
            "NOTIFICATIONS_SMTP_URL": f"smtp://{HOST}:{smtp_port()}",
            "NOTIFICATIONS_PORTAL_URL": f"http://{HOST}:{http_port()}",
        }
    if service.name == "gateway":
        variables["GATEWAY_HTTP_ADDRESS"] = f"{HOST}:{http_port()}"
    return variables
