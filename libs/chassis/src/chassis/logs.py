"""One JSON line for each thing worth knowing, without personal data or secrets, whoever logs it."""

import logging
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from chassis import clock
from chassis.context import current

MASK = "[masked]"
LONGEST = 8_000
PRIVATE_KEYS = re.compile(
    r"password|passphrase|secret|token|authorization|cookie|private_key|e_?mail|phone|snils|passport|birth|born_on"
    r"|full_?name|family_name|given_name|first_name|last_name|surname|patronymic",
    re.IGNORECASE,
)
_PRIVATE_TEXTS = (
    ("@", re.compile(r"(://[^\s:/@]{0,200}):[^\s@/]{1,200}@"), r"\1:" + MASK + "@"),
    ("@", re.compile(r"(?<![\w.+-])[\w.+-]{1,100}@[\w-]+\.[\w.-]+"), MASK),
    ("-", re.compile(r"\b\d{3}-\d{3}-\d{3}[ -]\d{2}\b"), MASK),
    ("eyJ", re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), MASK),
    (":", re.compile(r"(?ms)^(DETAIL:|LINE \d+:|\[parameters:).*?(?=\n\n|\n\[|\n\(|\Z)"), r"\1 " + MASK),
)
"""What a text must contain to be worth the search, what is private in it, and what is left of that."""
QUIET = ("amqp", "kombu", "nameko", "sqlalchemy", "urllib3", "flask_smorest", "alembic.runtime.plugins")


def configure(service: str, level: str) -> None:
    """Write everything at `level` or above to standard output, libraries' own logging included."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def name_service(_logger: Any, _method: str, line: EventDict) -> EventDict:
        line["service"] = service
        return line

    shared: list[Processor] = [structlog.processors.add_log_level, name_service, add_context]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    last: list[Processor] = [structlog.processors.format_exc_info, masked, renderer]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)
    logging.captureWarnings(True)


def add_context(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """When, and in which piece of work."""
    context = current()
    line["at"] = clock.now().isoformat(timespec="milliseconds")
    if context.correlation_id:
        line["correlation_id"] = context.correlation_id
    if context.traceparent.count("-") == 3:
        line["trace_id"] = context.traceparent.split("-")[1]
    return line


def masked(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """The line without what must not be kept."""
    return {key: MASK if _is_private(key) else _masked_value(value) for key, value in line.items()}


@lru_cache(maxsize=1024)
def _is_private(key: str) -> bool:
    return PRIVATE_KEYS.search(key) is not None


def scrubbed(text: str) -> str:
    """The text without addresses, insurance numbers, tokens, passwords in URLs and values that PostgreSQL quotes."""
    for mark, pattern, replacement in _PRIVATE_TEXTS:
        if mark in text:
            text = pattern.sub(replacement, text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


def _masked_value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return masked(None, "", {str(key): inner for key, inner in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_value(each) for each in value]
    return scrubbed(str(value))
