"""What follows from code is fresh: definitions, contracts, settings and the services' tables."""

import subprocess
import sys
from pathlib import Path

import generate
import pytest
from house import ROOT

MARKED = f"# Shop\n{generate.BEGIN}\n\nold\n\n{generate.END}\nend\n"


def test_generated_files_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "deploy" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_stands_between_the_marks_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(MARKED, encoding="utf-8")
    assert generate.filled(readme, generate.BEGIN, "new") == MARKED.replace("old", "new")


@pytest.mark.parametrize("lost", [generate.BEGIN, generate.END])
def test_a_file_that_has_lost_a_mark_is_named(tmp_path: Path, lost: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(MARKED.replace(lost, ""), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"README\.md"):
        generate.filled(readme, generate.BEGIN, "new")


def test_every_service_s_readme_is_filled() -> None:
    services = {path.parent for path in (ROOT / "services").glob("*/pyproject.toml")}
    assert services == {path.parent for path in generate.outputs() if path.name == "README.md"}
