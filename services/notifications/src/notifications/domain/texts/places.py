"""Texts about applications and enrolments: who has a place, who waits for one, who gave it up and why."""

from notifications.domain.texts.kinds import Facts, Kind, Text

CANCELLED_BECAUSE = {
    "changed_mind": "семья передумала",
    "found_another": "семья выбрала другие занятия",
    "no_documents": "не представлены нужные документы",
    "contraindicated": "есть противопоказания к этим занятиям",
    "not_fitting_level": "группа не подходит по уровню подготовки",
    "group_not_opened": "группа не открылась",
    "not_confirmed_in_time": "организация не рассмотрела заявку в срок",
    "place_not_taken_in_time": "предложенное место не приняли в срок",
    "no_longer_eligible": "условия приёма в группу больше не выполняются",
}
WITHDRAWN_BECAUSE = {
    "changed_mind": "семья передумала",
    "found_another": "семья выбрала другие занятия",
    "moved_away": "переезд",
    "health": "состояние здоровья",
    "no_attendance": "занятия не посещались",
    "terms_not_accepted": "условия договора не были приняты",
}
CANCELLED_BY = {
    "family": ("Заявка отменена", "По вашей просьбе отменена заявка"),
    "provider": ("Заявка отклонена", "Организация отклонила заявку"),
    "system": ("Заявка отменена", "Автоматически отменена заявка"),
}
WITHDRAWN_BY = {"family": "по заявлению семьи", "provider": "по решению организации", "system": "автоматически"}


def _waitlisted(facts: Facts) -> Text:
    return Text(
        f"Заявка в листе ожидания, место {facts['position']}",
        f"Все места в группе {facts.place} сейчас заняты. Заявка принята в лист ожидания, "
        f"её место в нём: {facts['position']}. Когда место освободится и подойдёт ваша очередь, мы предложим его вам.",
    )


def _offered(facts: Facts) -> Text:
    return Text(
        "Освободилось место: примите его в срок",
        f"В группе {facts.place} освободилось место, и оно предложено вам. Место сохраняется за вами до "
        f"{facts.moment('expires_at')}. Чтобы занять его, примите предложение на портале до этого срока. Иначе место "
        "получит следующий в листе ожидания, а ваша заявка будет отменена.",
    )


def _confirmed(facts: Facts) -> Text:
    return Text(
        "Заявка подтверждена",
        f"Организация подтвердила заявку в группу {facts.place}. Место сохраняется за ребёнком. Дальше организация "
        "издаст приказ о зачислении; когда это произойдёт, мы сообщим.",
    )


def _cancelled(facts: Facts) -> Text:
    subject, what = CANCELLED_BY[facts["by"]]
    return Text(
        subject,
        f"{what} в группу {facts.place}. Причина: {CANCELLED_BECAUSE[facts['reason']]}. Место или очередь в этой "
        "группе больше не сохраняется, с сертификата за неё ничего не списано. Вы можете выбрать другую группу "
        "в каталоге.",
    )


def _enrolled(facts: Facts) -> Text:
    return Text(
        "Ребёнок зачислен в группу",
        f"Ребёнок зачислен в группу {facts.place}. "
        f"Занятия группы: с {facts.day('group_starts_on')} по {facts.day('group_ends_on')}.",
    )


def _withdrawn(facts: Facts) -> Text:
    return Text(
        f"Ребёнок отчислен из группы, последний день {facts.day('effective_on')}",
        f"Ребёнок отчислен из группы {facts.place} {WITHDRAWN_BY[facts['by']]}. "
        f"Причина: {WITHDRAWN_BECAUSE[facts['reason']]}. Последний день зачисления: {facts.day('effective_on')}. "
        "Всё, что зарезервировано на более поздние занятия, возвращается на сертификат; списания за проведённые "
        "занятия остаются. Остаток виден на странице сертификата.",
    )


def _completed(facts: Facts) -> Text:
    return Text(
        "Обучение в группе завершено",
        f"Обучение в группе {facts.place} завершено, последний день: {facts.day('effective_on')}. Если на занятия "
        "этой группы остался резерв, он освободится, когда закроется журнал. Остаток виден на странице сертификата; "
        "новую группу можно выбрать в каталоге.",
    )


_ENDED = ("effective_on", "by", "reason")
APPLICATION_WAITLISTED = Kind("application_waitlisted", ("position",), _waitlisted, about_group=True)
PLACE_OFFERED = Kind("place_offered", ("expires_at",), _offered, about_group=True)
APPLICATION_CONFIRMED = Kind("application_confirmed", (), _confirmed, about_group=True)
APPLICATION_CANCELLED = Kind("application_cancelled", ("by", "reason"), _cancelled, about_group=True)
ENROLLED = Kind("enrolled", ("group_starts_on", "group_ends_on"), _enrolled, about_group=True)
WITHDRAWN = Kind("withdrawn", _ENDED, _withdrawn, about_group=True)
COMPLETED = Kind("completed", ("effective_on",), _completed, about_group=True)
KINDS = (
    APPLICATION_WAITLISTED,
    PLACE_OFFERED,
    APPLICATION_CONFIRMED,
    APPLICATION_CANCELLED,
    ENROLLED,
    WITHDRAWN,
    COMPLETED,
)
