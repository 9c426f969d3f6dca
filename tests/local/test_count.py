"""The closing count."""

from pathlib import Path

from stack.count import totals


def test_totals_of_a_report(tmp_path: Path) -> None:
    report = tmp_path / "test.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>')
    assert totals(report) == (3, 3, 3)
