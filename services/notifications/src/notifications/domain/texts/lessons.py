"""Texts about single lessons, for every family in the group."""

from notifications.domain.texts.kinds import Facts, Kind, Text

BECAUSE = {
    "teacher_ill": "педагог заболел",
    "holiday": "праздничный день",
    "room_unavailable": "помещение недоступно",
    "quarantine": "карантин",
    "weather": "погодные условия",
    "other": "решение организации",
}


def _cancelled(facts: Facts) -> Text:
    return Text(
        f"Отменено занятие {facts.day('lesson_on')} в {facts.time('starts_at')}",
        f"Занятие {facts.day('lesson_on')} в {facts.time('starts_at')} в группе {facts.place} отменено. "
        f"Причина: {BECAUSE[facts['reason']]}. Приходить не нужно. Если занятия оплачиваются по одному, за это "
        "занятие ничего не спишется, а его резерв вернётся на сертификат.",
    )


def _moved(facts: Facts) -> Text:
    when = f"{facts.day('new_lesson_on')} в {facts.time('new_starts_at')}"
    return Text(
        f"Занятие {facts.day('lesson_on')} перенесено на {when}",
        f"Занятие {facts.day('lesson_on')} в {facts.time('starts_at')} в группе {facts.place} перенесено на {when} "
        f"(до {facts.time('new_ends_at')}). Причина: {BECAUSE[facts['reason']]}. "
        "Стоимость занятия и резерв на него не меняются.",
    )


_LESSON = ("lesson_on", "starts_at", "reason")
_NEW = ("new_lesson_on", "new_starts_at", "new_ends_at")
LESSON_CANCELLED = Kind("lesson_cancelled", _LESSON, _cancelled, about_group=True, to_roster=True)
LESSON_MOVED = Kind("lesson_moved", (*_LESSON, *_NEW), _moved, about_group=True, to_roster=True)
KINDS = (LESSON_CANCELLED, LESSON_MOVED)
