"""What a person can mend is said in one sentence."""

import pytest
from stack import bootstrap, cli
from stack.errors import StackError


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
