"""COPY: thousands of rows at once, for a process that does nothing else; green threads cannot do it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

from sqlalchemy.orm import Session


def copy(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that all have the first one's columns, in the caller's transaction."""
    if not rows:
        return
    names = list(rows[0])
    lines = StringIO("".join("\t".join(_written(row[name]) for name in names) + "\n" for row in rows))
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(names)}) FROM STDIN", lines)


def _written(value: Any) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, date | datetime):
        return value.isoformat()
    words = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return words.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
