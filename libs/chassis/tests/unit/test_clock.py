"""The clock and local days."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import clock

ZONES = st.sampled_from(["Asia/Irkutsk", "Europe/Moscow", "Europe/Lisbon", "UTC"])


def test_it_tells_utc() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC


def test_a_test_may_set_and_move_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clock"
    monkeypatch.setenv(clock.FILE_VARIABLE, str(path))
    path.write_text("2026-12-31T20:30:00+03:00\n")
    assert clock.now() == datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    path.write_text("2027-01-01T00:00:00+00:00")
    assert clock.now() == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_same_instant_is_another_day_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clock"
    monkeypatch.setenv(clock.FILE_VARIABLE, str(path))
    path.write_text("2026-12-31T16:00:00+00:00")
    assert clock.today("Asia/Irkutsk") == date(2027, 1, 1)
    assert clock.today("Europe/Moscow") == date(2026, 12, 31)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), ZONES)
def test_a_local_day_holds_exactly_its_own_instants(on: date, zone: str) -> None:
    begins, ends = clock.start_of_day(on, zone), clock.end_of_day(on, zone)
    assert clock.local_date(begins, zone) == on
    assert clock.local_date(begins - timedelta(microseconds=1), zone) == on - timedelta(days=1)
    assert clock.local_date(ends - timedelta(microseconds=1), zone) == on
    assert ends == clock.start_of_day(on + timedelta(days=1), zone)


@pytest.mark.parametrize("environment", ["local", "production", ""])
def test_only_tests_may_move_it(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.ensure_allowed(environment)
    monkeypatch.setenv(clock.FILE_VARIABLE, "anything")
    clock.ensure_allowed("test")
    with pytest.raises(SystemExit, match="only tests may move the clock"):
        clock.ensure_allowed(environment)
