"""The one line that closes a run of all tests."""

import argparse
from pathlib import Path
from xml.etree import ElementTree

from stack.checkout import ROOT
from stack.console import say

REPORTS = ("test.xml", "check.xml")


def count(_arguments: argparse.Namespace) -> int:
    """Print how many tests passed and failed; no report counts as a failure."""
    for name in REPORTS:
        report = ROOT / ".local" / "reports" / name
        if report.exists():
            passed, failed, skipped = totals(report)
            break
    else:
        passed, failed, skipped = 0, 1, 0
    say(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def totals(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped tests of one JUnit report."""
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    run, failures, errors, skipped = (
        sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    return run - failures - errors - skipped, failures + errors, skipped
