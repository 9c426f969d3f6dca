"""Files are whole or absent; two runs keep apart."""

import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from stack import checkout, files


def test_write_replaces_the_whole_file_with_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "secret"
    files.write(target, "one", mode=0o600)
    files.write(target, "two", mode=0o600)
    assert target.read_text() == "two"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["secret"]


def test_a_second_run_waits_for_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = f"from pathlib import Path; from stack import files\nwith files.lock(Path({str(path)!r})): print('held')"
    command = [sys.executable, "-c", code]
    paths = {"PYTHONPATH": str(checkout.ROOT / "deploy" / "local")}
    with files.lock(path), pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(command, env=paths, timeout=1, check=True)
    assert "held" in subprocess.run(command, env=paths, timeout=10, check=True, capture_output=True, text=True).stdout


def test_the_stamp_follows_the_settings() -> None:
    assert checkout.stamp({"billing": {"A": "1"}}) != checkout.stamp({"billing": {"A": "2"}})
    assert checkout.stamp({}) == checkout.stamp({})


@pytest.mark.parametrize(("user_id", "mode", "shared"), [(0, 0o700, True), (0, 0o755, False), (1000, 0o700, False)])
def test_a_home_is_where_the_servers_users_can_reach_it(
    monkeypatch: pytest.MonkeyPatch, user_id: int, mode: int, shared: bool
) -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder) / "checkout"
        root.mkdir()
        root.parent.chmod(mode)
        monkeypatch.setattr(checkout, "ROOT", root)
        monkeypatch.setattr("os.geteuid", lambda: user_id)
        home = checkout.home("demo")
    assert home.is_relative_to("/var/lib/kruzhok" if shared else root / ".local")
    assert home.name == "demo"
