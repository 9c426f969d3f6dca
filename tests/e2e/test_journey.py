"""The journey that `make demo` plays."""

import os
import subprocess
import sys
from pathlib import Path

from chassis.testing import Suite, free_port

JOURNEY = Path(__file__).parents[2] / "deploy" / "demo" / "journey.py"


def play(url: str, mail: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "KRUZHOK_URL": url, "KRUZHOK_MAIL": str(mail), "PYTHONUTF8": "1"}
    command = [sys.executable, str(JOURNEY)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)


def test_a_family_in_each_region_comes_from_registration_to_a_debit_it_is_told_of(suite: Suite) -> None:
    done = play(suite.url, suite.mail)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "персонифицированное" in done.stdout
    assert "персонализированное" in done.stdout
    assert done.stdout.count("выписка сертификата") == 2


def test_it_can_be_played_again(suite: Suite) -> None:
    done = play(suite.url, suite.mail)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_promise_ends_it_with_the_step_s_name(tmp_path: Path) -> None:
    done = play(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert done.returncode != 0
    assert "шаг «Регион» не удался" in done.stderr
