"""The tables that the chassis keeps in every service's database.

They serve no aggregate of the service; services reach them through `outbox`, `inbox`, `commands` and `projections`.
`outbox` and `inbox` are partitioned by month of `occurred_at` (see `migrations`).
"""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, Sequence, Table, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import new_metadata

metadata = new_metadata()
_instant = DateTime(timezone=True)
_outbox_sequence = Sequence("outbox_sequence", metadata=metadata)

outbox = Table(
    "outbox",
    metadata,
    Column("occurred_at", _instant, primary_key=True),
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    Column("sequence", BigInteger, nullable=False, server_default=_outbox_sequence.next_value()),
    Column("region_code", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("traceparent", Text),
    Column("correlation_id", Text),
    Column("position", BigInteger),
    Column("published_at", _instant),
    Column("recorded_at", _instant, nullable=False, server_default=func.now()),
    postgresql_partition_by="RANGE (occurred_at)",
)
Index("ix_outbox_recorded_at", outbox.c.recorded_at)
Index("ix_outbox_waiting", outbox.c.sequence, postgresql_where=outbox.c.position.is_(None))
Index("ix_outbox_unpublished", outbox.c.position, postgresql_where=outbox.c.published_at.is_(None))
Index("ix_outbox_position", outbox.c.position)
Index("ix_outbox_subject", outbox.c.subject)

outbox_head = Table(
    "outbox_head",
    metadata,
    Column("singleton", Integer, primary_key=True),
    Column("epoch", Uuid(as_uuid=False), nullable=False),
    Column("position", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("occurred_at", _instant, primary_key=True),
    Column("handler", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", _instant),
    Column("error", Text),
    Column("message", JSONB),
    Column("recorded_at", _instant, nullable=False, server_default=func.now()),
    postgresql_partition_by="RANGE (occurred_at)",
)
Index("ix_inbox_due", inbox.c.next_at, postgresql_where=inbox.c.state == "retry")
Index("ix_inbox_parked", inbox.c.recorded_at, postgresql_where=inbox.c.state == "parked")
Index("ix_inbox_event_id", inbox.c.event_id)

event_cursor = Table(
    "event_cursor",
    metadata,
    Column("producer", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("leased_until", _instant, nullable=False, server_default=func.now()),
)

command = Table(
    "command",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("recorded_at", _instant, nullable=False, server_default=func.now()),
)
Index("ix_command_recorded_at", command.c.recorded_at)

fact = Table(
    "fact",
    metadata,
    Column("region_code", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("fact_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("recorded_at", _instant, nullable=False, server_default=func.now()),
)
