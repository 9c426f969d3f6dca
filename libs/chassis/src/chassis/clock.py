"""The one clock. A test may set it through a file; any environment but `test` refuses to start with one."""

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

FILE_VARIABLE = "KRUZHOK_CLOCK_FILE"


def now() -> datetime:
    """This instant, in UTC. With a clock file: the instant that the file holds (ISO 8601), until it is rewritten."""
    path = os.environ.get(FILE_VARIABLE)
    if not path:
        return datetime.now(UTC)
    return datetime.fromisoformat(Path(path).read_text(encoding="utf-8").strip()).astimezone(UTC)


def local_date(instant: datetime, time_zone: str) -> date:
    """The calendar day of `instant` in the time zone, an IANA name."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def today(time_zone: str) -> date:
    """The calendar day in the time zone at this instant."""
    return local_date(now(), time_zone)


def start_of_day(on: date, time_zone: str) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(on, time(), ZoneInfo(time_zone)).astimezone(UTC)


def end_of_day(on: date, time_zone: str) -> datetime:
    """The first instant after a local day, in UTC."""
    return start_of_day(on + timedelta(days=1), time_zone)


def ensure_allowed(environment: str) -> None:
    """Refuse to go on when a clock file is set outside tests."""
    if os.environ.get(FILE_VARIABLE) and environment != "test":
        raise SystemExit(f"{FILE_VARIABLE} is set while KRUZHOK_ENV is {environment!r}: only tests may move the clock.")
