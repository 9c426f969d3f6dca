"""The lock files."""

import argparse
import subprocess

from stack import checkout
from stack.console import say

SETS = (("requirements.in", "requirements.lock"), ("requirements-dev.in", "requirements-dev.lock"))
OPTIONS = ("--quiet", "--generate-hashes", "--no-header", "--no-annotate", "--universal", "--python-version", "3.11")


def lock(_arguments: argparse.Namespace) -> int:
    """Resolve the newest allowed versions into both lock files."""
    for source, target in SETS:
        say(f"Locking {source} into {target}.")
        constraints = () if target == SETS[0][1] else ("--constraint", SETS[0][1])
        command = ["uv", "pip", "compile", *OPTIONS, "--upgrade", *constraints, source, "--output-file", target]
        status = subprocess.run(
            [checkout.VENV / "bin" / command[0], *command[1:]], cwd=checkout.ROOT, check=False
        ).returncode
        if status:
            return status
    return 0
