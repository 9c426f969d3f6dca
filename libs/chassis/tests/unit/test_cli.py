"""`kruzhok sample` hands on what it does not understand to those who might."""

import json
from pathlib import Path

import pytest

from chassis import cli

MAIN = """
import json, os, sys
from pathlib import Path
Path(os.environ["SEEN"]).write_text(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two services with samples, of which one takes options; each writes down how it was called."""
    (tmp_path / "env").mkdir()
    for name, sample in (("plainshop", ""), ("pickyshop", "def parser(): ...")):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(MAIN)
        (package / "sample.py").write_text(sample)
        (tmp_path / "env" / f"{name}.env").write_text(f"SEEN={tmp_path / name}.json\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KRUZHOK_ENV_DIR", str(tmp_path / "env"))
    return tmp_path


def called_with(seen: Path, name: str) -> list[str]:
    return list(json.loads((seen / f"{name}.json").read_text()))


def test_options_reach_the_sample_that_takes_some_and_no_other(seen: Path) -> None:
    assert cli.main(["sample", "--seed", "7", "--things=9"]) == 0

    assert called_with(seen, "pickyshop") == ["sample", "--seed", "7", "--things=9"]
    assert called_with(seen, "plainshop") == ["sample"]


def test_only_the_named_services_are_asked(seen: Path) -> None:
    assert cli.main(["sample", "pickyshop", "--seed", "7"]) == 0

    assert called_with(seen, "pickyshop") == ["sample", "--seed", "7"]
    assert not (seen / "plainshop.json").exists()


def test_options_that_nobody_takes_are_refused_before_anything_is_loaded(seen: Path) -> None:
    with pytest.raises(SystemExit, match="--seed"):
        cli.main(["sample", "plainshop", "--seed", "7"])

    assert not (seen / "plainshop.json").exists()


def test_other_commands_take_no_unknown_options(seen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["parked", "list", "--seed", "7"])

    assert "--seed" in capsys.readouterr().err
