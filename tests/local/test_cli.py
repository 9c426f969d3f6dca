"""What a person can mend is said in one sentence."""

import ast
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from stack import bootstrap, checkout, cli, console, suite, supervision
from stack.errors import StackError

from chassis.settings import Settings


def test_a_mendable_error_is_one_sentence_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_options: bool) -> None:
        raise StackError("No sudo.")

    monkeypatch.setattr(bootstrap, "ensure", refuse)
    assert cli.main(["up"]) == 1
    assert capsys.readouterr().err == "kruzhok: No sudo.\n"


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(**_options: bool) -> None:
        raise OSError(28, "No space left on device", "/home/somebody/pip.log")

    monkeypatch.setattr(bootstrap, "ensure", fail)
    assert cli.main(["up"]) == 1
    assert "The disk is full (/home/somebody/pip.log)" in capsys.readouterr().err


def test_too_little_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOM_LATER", 10**18)
    monkeypatch.setattr(bootstrap, "ROOM_NEEDED", 10**18)
    with pytest.raises(StackError, match="MB free"):
        bootstrap.ensure(developer=False, servers=False)


def test_missing_servers_without_sudo_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "missing_packages", lambda: ["rabbitmq-server"])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
    with pytest.raises(StackError, match="no sudo"):
        bootstrap.ensure(developer=False, servers=True)


def test_servers_that_exist_elsewhere_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRUZHOK_AMQP_ADMIN_URL", "amqp://mq.example")
    monkeypatch.setenv("KRUZHOK_DATABASE_ADMIN_URL", "postgresql://db.example")
    assert bootstrap.missing_packages() == []


def test_every_command_works_from_another_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KRUZHOK_PORT_BASE=not-ours\n")
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHONPATH"))
    }
    asked = ["make", "-s", "-f", str(checkout.ROOT / "Makefile"), "status"]
    done = subprocess.run(asked, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert {"RabbitMQ", "PostgreSQL", "gateway"} <= {line.split()[0] for line in done.stdout.splitlines()}, done.stderr


def test_an_old_python_is_told_what_is_needed() -> None:
    sources = checkout.ROOT / "deploy" / "local" / "stack"
    for name in ("__main__.py", "__init__.py"):
        ast.parse((sources / name).read_text(encoding="utf-8"), feature_version=(3, 6))
    code = "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_module('stack', run_name='__main__')"
    environ = {**os.environ, "PYTHONPATH": str(sources.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("kruzhok: Python 3.11 or newer is needed")
    assert len(done.stderr.splitlines()) == 1


def test_a_long_step_says_that_it_still_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "REMIND_SECONDS", 0)
    monkeypatch.setattr(console, "POLL_SECONDS", 0.01)
    answers = iter([False, False, False, True])
    console.wait_for("RabbitMQ", lambda: next(answers), 60)
    assert "waiting for RabbitMQ" in capsys.readouterr().out


def test_what_does_not_come_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "POLL_SECONDS", 0.01)
    with pytest.raises(StackError, match=r"^RabbitMQ did not become ready within 0 seconds; see a log\.$"):
        console.wait_for("RabbitMQ", lambda: False, 0, "see a log")


def test_a_service_may_finish_its_work_before_it_is_killed() -> None:
    (longest,) = (field.default for field in fields(Settings) if field.name == "drain_seconds")
    assert longest < supervision.STOP_SECONDS
    assert "stopwaitsecs = {STOP_SECONDS}" in Path(supervision.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_versions_and_hashes_and_no_place_of_its_own(name: str) -> None:
    version = re.compile(r"[a-z0-9._-]+(\[[a-z,]+\])?==[\w.+!-]+( ; [\w.<>=!' ]+)? \\")
    digest = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    lines = (checkout.ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not (version.fullmatch(line) or digest.fullmatch(line))] == []
    assert len([line for line in lines if version.fullmatch(line)]) > 30


def test_a_journey_that_is_not_as_promised_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    journey = tmp_path / "journey.py"
    monkeypatch.setattr(bootstrap, "ensure", lambda **_options: None)
    monkeypatch.setattr(suite, "up", lambda _arguments: 0)
    monkeypatch.setattr(suite, "JOURNEY", journey)
    journey.write_text("raise SystemExit(3)", encoding="utf-8")
    assert cli.main(["demo"]) == 1
    assert "The journey was not as promised (exit status 3)" in capsys.readouterr().err
    journey.write_text("import os; print(os.environ['KRUZHOK_URL'], os.environ['KRUZHOK_MAIL'])", encoding="utf-8")
    assert cli.main(["demo"]) == 0
