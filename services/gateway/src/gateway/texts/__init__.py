"""What people read when something is refused, in Russian and English, by the refusal's code."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from werkzeug.datastructures import LanguageAccept

from gateway.texts import words
from gateway.texts.fields import FIELD_PATTERNS
from gateway.texts.refusals import GROUPS, REFUSALS, TITLES, WITHIN

__all__ = ["GROUPS", "REFUSALS", "TITLES", "WITHIN", "chosen_language", "detail", "field_message", "title"]
LANGUAGES = ("ru", "en")
ABOUT_THE_WHOLE = frozenset(
    {
        "body_missing",
        "content_type_unsupported",
        "idempotency_key_invalid",
        "idempotency_key_missing",
        "if_match_invalid",
        "json_malformed",
        "malformed_request",
        "region_mismatch",
        "terms_invalid",
    }
)
"""Malformed requests whose fault is not in a field."""
DATE = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def chosen_language(accepted: LanguageAccept) -> str:
    """`ru` unless the caller prefers English."""
    return accepted.best_match(LANGUAGES, default="ru") or "ru"


def title(status: int, language: str) -> str:
    """The kind of refusal in a few words."""
    russian, english = TITLES.get(status, TITLES[400])
    return english if language == "en" else russian


def detail(code: str, status: int, facts: Mapping[str, str], language: str) -> str:
    """What happened and what to do next. A code that is not in the catalogue gets its kind's title."""
    if code not in REFUSALS:
        return title(status, language) + "."
    wording = REFUSALS[code]
    shown = _Known({name: _shown(value, language) for name, value in facts.items()})
    return (wording.english if language == "en" else wording.russian).format_map(shown)


def _shown(value: str, language: str) -> str:
    """Dates, instants and states as people write them; an instant in the offset it came with, which is named."""
    day = "%d.%m.%Y" if language == "ru" else "%Y-%m-%d"
    if DATE.fullmatch(value):
        return date.fromisoformat(value).strftime(day)
    if INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).strftime(f"{day} %H:%M (%Z)").replace("UTC+00:00", "UTC")
    return (words.RUSSIAN if language == "ru" else words.ENGLISH).get(value, value)


def field_message(message: str, language: str) -> str:
    """What is wrong with one field; messages come from schemas (English) or are codes of the catalogue."""
    if message in REFUSALS:
        return detail(message, 400, {}, language)
    for pattern, english, russian in FIELD_PATTERNS:
        match = re.fullmatch(pattern, message)
        if match:
            return (english if language == "en" else russian).format(*match.groups())
    return message
