"""The broker's definitions with this home's users."""

import base64
import hashlib
from pathlib import Path

from stack import endpoints, environment, provision, rabbitmq
from stack.infra import ADMIN, Infra
from stack.ports import InfraPorts
from stack.services import SERVICES


def test_every_service_is_a_user_and_the_administrator_is_kept(tmp_path: Path) -> None:
    infra = Infra(tmp_path, InfraPorts.from_base(26000))
    whole = provision.definitions(infra, endpoints.broker(infra, {}))
    assert {user["name"] for user in whole["users"]} == {ADMIN, *(service.name for service in SERVICES)}
    assert {one["user"] for one in whole["permissions"]} == {user["name"] for user in whole["users"]}


def test_integrators_that_have_access_keep_it_through_a_boot_of_an_empty_broker(tmp_path: Path) -> None:
    infra = Infra(tmp_path, InfraPorts.from_base(26000))
    (tmp_path / "integrators.json").write_text('{"school-portal": "38", "sport-portal": "38"}')
    whole = provision.definitions(infra, endpoints.broker(infra, {}))
    users = {user["name"]: user for user in whole["users"]}
    assert all(users[name]["password_hash"] for name in ("int-school-portal", "int-sport-portal"))
    assert {one["user"] for one in whole["permissions"]} == set(users)
    queues = {queue["name"] for queue in whole["queues"]}
    assert {"int.school-portal.events", "int.sport-portal.events", "int.history.38"} <= queues
    assert {binding["destination"] for binding in whole["bindings"]} <= queues


def test_password_hash_is_salted_sha256() -> None:
    raw = base64.b64decode(rabbitmq.password_hash("secret"))
    assert raw[4:] == hashlib.sha256(raw[:4] + b"secret").digest()


def test_environment_files_hold_what_each_service_needs(tmp_path: Path) -> None:
    infra = Infra(tmp_path, InfraPorts.from_base(26000))
    written = environment.write_all(infra, endpoints.broker(infra, {}), endpoints.database(infra, {}))
    assert "KRUZHOK_DATABASE_URL" not in written["gateway"]
    assert "ACCOUNTS_SNILS_KEY" in written["accounts"]
    assert [name for name, values in written.items() if "ACCOUNTS_TOKEN_PRIVATE_KEY_FILE" in values] == ["accounts"]
    lines = (tmp_path / "env" / "billing.env").read_text().splitlines()
    assert dict(line.split("=", 1) for line in lines) == written["billing"]
    assert (tmp_path / "env" / "billing.env").stat().st_mode & 0o077 == 0
