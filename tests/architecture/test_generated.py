"""What follows from code is fresh: definitions, contracts, settings and the services' tables."""

import subprocess
import sys

from house import ROOT


def test_generated_files_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "deploy" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
