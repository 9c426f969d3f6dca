"""Texts about the certificate as a document: issued, frozen, unfrozen, revoked, expired."""

from notifications.domain.texts.kinds import Facts, Kind, Text

BECAUSE = {
    "data_check": "проверка данных",
    "court_decision": "решение суда",
    "request_of_family": "заявление семьи",
    "error_found": "найдена ошибка",
    "moved_away": "переезд",
    "cleared": "вопросы сняты",
    "age_reached": "исполнилось 18 лет",
}


def _issued(facts: Facts) -> Text:
    return Text(
        "Выдан сертификат дополнительного образования",
        f"Ребёнку выдан сертификат дополнительного образования № {facts['number']}. "
        f"Он действует с {facts.day('valid_from')} по {facts.day('valid_until')} включительно. "
        "Подавать заявление на него не нужно.",
    )


def _frozen(facts: Facts) -> Text:
    return Text(
        f"Сертификат заморожен с {facts.day('changed_on')}",
        f"Сертификат заморожен с {facts.day('changed_on')}. Причина: {BECAUSE[facts['reason']]}. Пока он заморожен, "
        "деньги не зачисляются, не резервируются и не списываются; остаток на сертификате сохраняется. Зачисление "
        "в группы остаётся, посещения записываются в журнал и будут рассчитаны, когда заморозку снимут. С вопросами "
        "обратитесь в муниципалитет.",
    )


def _unfrozen(facts: Facts) -> Text:
    return Text(
        f"Сертификат снова действует с {facts.day('changed_on')}",
        f"Заморозка сертификата снята {facts.day('changed_on')}. Причина: {BECAUSE[facts['reason']]}. Всё, что было "
        "записано за время заморозки, сейчас рассчитывается; о каждом списании мы сообщим. Делать ничего не нужно.",
    )


def _revoked(facts: Facts) -> Text:
    return Text(
        f"Сертификат отозван с {facts.day('changed_on')}",
        f"Сертификат отозван с {facts.day('changed_on')}. Причина: {BECAUSE[facts['reason']]}. Договоры по нему "
        "закрываются этим днём, неизрасходованные деньги возвращаются в бюджет муниципалитета, на сертификате ничего "
        "не остаётся. Бесплатные группы по-прежнему доступны; об оплате остальных занятий спросите организацию. "
        "Если вы не согласны с решением, обратитесь в муниципалитет.",
    )


def _expired(facts: Facts) -> Text:
    return Text(
        "Срок действия сертификата закончился",
        f"Срок действия сертификата закончился. Причина: {BECAUSE[facts['reason']]}. Занятия по последний день срока "
        "включительно будут оплачены, более поздние сертификат не оплачивает. Остальные деньги возвращаются в бюджет "
        "муниципалитета. Бесплатные группы по-прежнему доступны; об оплате остальных занятий спросите организацию.",
    )


_CHANGED = ("changed_on", "reason")
CERTIFICATE_ISSUED = Kind("certificate_issued", ("number", "valid_from", "valid_until"), _issued)
CERTIFICATE_FROZEN = Kind("certificate_frozen", _CHANGED, _frozen)
CERTIFICATE_UNFROZEN = Kind("certificate_unfrozen", _CHANGED, _unfrozen)
CERTIFICATE_REVOKED = Kind("certificate_revoked", _CHANGED, _revoked)
CERTIFICATE_EXPIRED = Kind("certificate_expired", ("reason",), _expired)
KINDS = (CERTIFICATE_ISSUED, CERTIFICATE_FROZEN, CERTIFICATE_UNFROZEN, CERTIFICATE_REVOKED, CERTIFICATE_EXPIRED)
