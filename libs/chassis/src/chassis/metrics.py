"""What every process counts, in Prometheus' words."""

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.orm import Session

_FINE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RPC_HANDLED = Histogram("rpc_handled_seconds", "Remote calls answered here.", ("method", "outcome"), buckets=_FINE)
RPC_CALLED = Histogram("rpc_called_seconds", "Remote calls made from here.", ("service", "method"), buckets=_FINE)
EVENTS_HANDLED = Histogram("events_handled_seconds", "Events applied here.", ("type", "outcome"), buckets=_FINE)
EVENTS_PUBLISHED = Counter("events_published", "Events that the broker confirmed.")
INBOX_FAILED = Counter("inbox_failed", "Failed attempts to apply an event, by what became of it.", ("state",))
OUTBOX_WAITING = Gauge("outbox_waiting", "Events recorded and not yet confirmed by the broker.")
OUTBOX_LAG = Gauge("outbox_lag_seconds", "Age of the oldest event that waits for the broker.")
INBOX_PARKED = Gauge("inbox_parked", "Events set aside for a person to look at.")
INBOX_RETRY = Gauge("inbox_retry", "Events that will be tried again.")
HTTP_HANDLED = Histogram("http_handled_seconds", "HTTP requests answered here.", ("method", "status"), buckets=_FINE)
WORKERS_BUSY = Gauge("workers_busy", "Workers at work in this process.")

_BACKLOG = text(
    """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(recorded_at)), 0) AS lag,
      (SELECT count(*) FROM inbox WHERE state = 'retry') AS retry,
      (SELECT count(*) FROM inbox WHERE state = 'parked') AS parked
    FROM outbox WHERE published_at IS NULL
    """
)


def measure_backlog(session: Session) -> None:
    """Read what waits in the outbox and the inbox into the gauges; a few index reads."""
    row = session.execute(_BACKLOG).one()
    OUTBOX_WAITING.set(row.waiting)
    OUTBOX_LAG.set(float(row.lag))
    INBOX_RETRY.set(row.retry)
    INBOX_PARKED.set(row.parked)
