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
    return f"Зачислен номинал сертификата на период {_period(details)}; плательщик: {details['payer_name']}."


def _hold(details: Mapping[str, Any]) -> str:
    if "lessons" not in details:
        return f"Снова зарезервировано за {_lesson(details)}."
    covered = words.lessons(details["lessons"])
    return (
        f"Зарезервировано на {covered}{_group(details)} по договору, действующему с {_day(details['effective_from'])}."
    )


def _release(details: Mapping[str, Any]) -> str:
    what = _lesson(details) if "lesson_on" in details else f"занятия{_group(details)}"
    why = _LESSON_RELEASES.get(details.get("reason", ""), "договор закрыт")
    return f"Возвращён из резерва остаток за {what}: {why}."


def _debit(details: Mapping[str, Any]) -> str:
    if "month_on" in details:
        return f"Списана доля за {_month(details)}{_group(details)}: по правилам программы месяц оплачивается вперёд."
    mark, percent = details["mark"], details["percent"]
    rule = "" if mark == PRESENT else f", по правилам программы за такое занятие списывается {percent} %"
    return f"Списано за {_lesson(details)}: {_MARKS[mark]}{rule}."


def _reversal(details: Mapping[str, Any]) -> str:
    if "month_on" in details:
        return f"Возвращено в резерв списание за {_month(details)}{_group(details)}: договор закончился раньше."
    why = _REVERSALS.get(details.get("reason", "")) or f"отметку исправили, {_MARKS[details['mark']]}"
    return f"Возвращено в резерв списание за {_lesson(details)}: {why}."


def _returned(details: Mapping[str, Any]) -> str:
    return f"Возвращён в бюджет остаток сертификата за период {_period(details)}."


def _carried_out(details: Mapping[str, Any]) -> str:
    return f"Остаток перенесён на период {_next_period(details)}."


def _carried_in(details: Mapping[str, Any]) -> str:
    return f"Зачислен остаток, перенесённый с периода {_period(details)}."


_SENTENCES = {
    ledger.CREDIT: _credit,
    ledger.HOLD: _hold,
    ledger.RELEASE: _release,
    ledger.DEBIT: _debit,
    ledger.REVERSAL: _reversal,
    ledger.RETURNED: _returned,
    ledger.CARRIED_OUT: _carried_out,
    ledger.CARRIED_IN: _carried_in,
}
_LESSON_RELEASES = {"lesson_cancelled": "занятие отменено", "lesson_not_filled": "отметку не поставили в срок"}
_REVERSALS = {"lesson_cancelled": "занятие отменено", "lesson_after_end": "занятие после последнего дня договора"}


def _day(iso: str) -> str:
    return words.day(date.fromisoformat(iso))


def _lesson(details: Mapping[str, Any]) -> str:
    return f"занятие {_day(details['lesson_on'])}{_group(details)}"


def _month(details: Mapping[str, Any]) -> str:
    return words.month(date.fromisoformat(details["month_on"]))


def _period(details: Mapping[str, Any]) -> str:
    return f"{_day(details['period_starts_on'])} – {_day(details['period_ends_on'])}"


def _next_period(details: Mapping[str, Any]) -> str:
    return f"{_day(details['next_starts_on'])} – {_day(details['next_ends_on'])}"


def _group(details: Mapping[str, Any]) -> str:
    title = details.get("group_title")
    return f" в группе «{title}»" if title else ""
