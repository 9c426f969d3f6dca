"""A region's funding periods: one after the other, without a gap."""

from datetime import date, datetime, timedelta

PLANNED, OPEN, CLOSING, CLOSED = "planned", "open", "closing", "closed"


def state(starts_on: date, ends_on: date, closes_at: datetime, today: date, at: datetime) -> str:
    """Planned before its days, open on them, closing until `closes_at`, then closed. `today` is the region's."""
    if at >= closes_at:
        return CLOSED
    if today > ends_on:
        return CLOSING
    return OPEN if today >= starts_on else PLANNED


def follows(starts_on: date, last_ends_on: date | None) -> bool:
    """Whether a period that begins then leaves no gap after the region's last one; the first may begin on any day."""
    return last_ends_on is None or starts_on == last_ends_on + timedelta(days=1)
