"""The servers of one home, as files."""

from pathlib import Path

from stack.infra import Infra
from stack.ports import InfraPorts


def test_wiping_deletes_data_and_the_lock_of_a_killed_cluster_but_no_password(tmp_path: Path) -> None:
    infra = Infra(tmp_path, InfraPorts.from_base(26000))
    secret = infra.secret("postgres-admin")
    lock = tmp_path / "postgres" / "run" / ".s.PGSQL.26005.lock"
    for left in (lock, tmp_path / "postgres" / "data" / "PG_VERSION", tmp_path / "rabbitmq" / "data" / "x"):
        left.parent.mkdir(parents=True)
        left.write_text("1", encoding="utf-8")
    infra.wipe(("rabbitmq",))
    assert lock.exists()
    infra.wipe()
    assert not lock.parent.exists()
    assert not (tmp_path / "postgres" / "data").exists()
    assert infra.secret("postgres-admin") == secret
