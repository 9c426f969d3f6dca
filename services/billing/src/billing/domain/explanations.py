"""Each movement of a certificate's money told to a parent in one Russian sentence, from its cause and details."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from billing.domain import ledger, words
from billing.domain.policy import ABSENT, EXCUSED, ILL, PRESENT

_MARKS = {
    PRESENT: "ребёнок присутствовал",
    ABSENT: "ребёнок отсутствовал без уважительной причины",
    ILL: "ребёнок болел",
    EXCUSED: "ребёнок отсутствовал по уважительной причине",
}


def explain(kind: str, details: Mapping[str, Any]) -> str:
    """The sentence for a movement of this kind. `KeyError` for a kind that no family ever sees."""
    return _SENTENCES[kind](details)


def _credit(details: Mapping[str, Any]) -> str:
    first, last = _day(details["period_starts_on"]), _day(details["period_ends_on"])
    return f"Зачислен номинал сертификата на период {first} – {last}; плательщик: {details['payer_name']}."


def _hold(details: Mapping[str, Any]) -> str:
    covered = words.lessons(details["lessons"])
    return (
        f"Зарезервировано на {covered}{_group(details)} по договору, действующему с {_day(details['effective_from'])}."
    )


def _debit(details: Mapping[str, Any]) -> str:
    mark, percent = details["mark"], details["percent"]
    rule = "" if mark == PRESENT else f", по правилам программы за такое занятие списывается {percent} %"
    return f"Списано за занятие {_day(details['lesson_on'])}{_group(details)}: {_MARKS[mark]}{rule}."


def _reversal(details: Mapping[str, Any]) -> str:
    lesson = f"занятие {_day(details['lesson_on'])}{_group(details)}"
    return f"Возвращено в резерв списание за {lesson}: отметку исправили, {_MARKS[details['mark']]}."


_SENTENCES = {ledger.CREDIT: _credit, ledger.HOLD: _hold, ledger.DEBIT: _debit, ledger.REVERSAL: _reversal}


def _day(iso: str) -> str:
    return words.day(date.fromisoformat(iso))


def _group(details: Mapping[str, Any]) -> str:
    title = details.get("group_title")
    return f" в группе «{title}»" if title else ""
