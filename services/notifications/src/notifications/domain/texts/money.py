"""Texts about money: credited, queued, the contract of an enrolment, debits."""

from notifications.domain.texts.kinds import Facts, Kind, Text

MARKS = {
    "present": "присутствие",
    "absent": "отсутствие",
    "ill": "болезнь",
    "excused": "уважительная причина",
}
AWAITS_ACCEPTANCE_BECAUSE = {
    "parent_share_grew": "доля семьи стала больше той, на которую вы согласились",
    "terms_changed": "организация изменила условия после вашего согласия",
    "offer_expired": "срок предложения истёк до подачи заявки",
    "clubs_limit_reached": "сертификат уже оплачивает столько кружков одновременно, сколько разрешает муниципалитет",
    "direction_limit_reached": "по этой направленности муниципалитет больше кружков сертификатом не оплачивает",
}
OTHER_OFFER = "принятое вами предложение к этому договору не подходит"
REFUSED_BECAUSE = {
    "not_accepted_in_time": "новые условия не приняли в срок",
    "refused_by_family": "вы отказались от новых условий",
}
NOT_AGREED = "согласия на условия нет"


def _credited(facts: Facts) -> Text:
    return Text(
        f"На сертификат зачислено {facts.money('amount')}",
        f"На сертификат зачислено {facts.money('amount')} из бюджета муниципалитета. "
        f"Сейчас на сертификате {facts.money('balance_after')}.",
    )


def _queued(facts: Facts) -> Text:
    return Text(
        f"Сертификат в очереди на деньги, место {facts['position']}",
        "Деньги муниципалитета на сертификаты этого периода сейчас распределены полностью. Сертификат стоит в очереди, "
        f"его место: {facts['position']}. Деньги поступят сами, когда подойдёт очередь; место в группе сохраняется.",
    )


def _activated(facts: Facts) -> Text:
    return Text(
        "Договор действует",
        f"Договор на занятия в группе {facts.place} действует. Сертификат оплачивает "
        f"{facts.money('certificate_share')}, семья {facts.money('parent_share')}. Доля сертификата зарезервирована; "
        "о каждом списании мы сообщим.",
    )


def _awaiting_funds(facts: Facts) -> Text:
    return Text(
        "Договор ждёт денег на сертификате",
        f"Договор на занятия в группе {facts.place} ждёт, пока на сертификат поступят деньги. Зачисление и место "
        "сохраняются. До поступления денег занятия записываются в журнал, но сертификатом не оплачиваются.",
    )


def _awaiting_acceptance(facts: Facts) -> Text:
    why = AWAITS_ACCEPTANCE_BECAUSE.get(facts["reason"], OTHER_OFFER)
    until = f" до {facts.moment('accept_by')}" if facts["accept_by"] else ""
    return Text(
        "Договор ждёт вашего согласия",
        f"Договор на занятия в группе {facts.place} ждёт вашего согласия: {why}. Сейчас сертификат может оплатить "
        f"{facts.money('certificate_share')}, семье пришлось бы платить {facts.money('parent_share')}. Без вашего "
        f"согласия ничего не зарезервировано и не будет списано. Примите новые условия на портале{until} или "
        "откажитесь от них. Если согласия не будет, ребёнок будет отчислен из этой группы.",
    )


def _refused(facts: Facts) -> Text:
    return Text(
        "Договор не состоялся",
        f"Договор на занятия в группе {facts.place} не состоялся: {REFUSED_BECAUSE.get(facts['reason'], NOT_AGREED)}. "
        "С сертификата за эту группу ничего не списано, деньги остаются на нём. Ребёнок будет отчислен из группы; "
        "другую можно выбрать в каталоге.",
    )


def _month_debited(facts: Facts) -> Text:
    return Text(
        f"Списано {facts.money('amount')} за {facts.month('month_on')}",
        f"Списано {facts.money('amount')} за {facts.month('month_on')} в группе {facts.title}: по этому договору месяц "
        f"оплачивается вперёд, независимо от посещений. {_remainder(facts)}",
    )


def _month_reversed(facts: Facts) -> Text:
    return Text(
        f"Возвращено {facts.money('amount')} за {facts.month('month_on')}",
        f"Возвращено {facts.money('amount')} за {facts.month('month_on')} в группе {facts.title}: договор "
        "заканчивается раньше, этот месяц не оплачивается. Сколько осталось на сертификате, видно на портале.",
    )


def _debit_posted(facts: Facts) -> Text:
    return Text(
        f"Списано {facts.money('amount')} за занятие {facts.day('lesson_on')}",
        f"Списано {facts.money('amount')} за занятие {facts.day('lesson_on')} в группе {facts.title} "
        f"(отметка: {MARKS[facts['mark']]}). {_remainder(facts)}",
    )


def _debit_reversed(facts: Facts) -> Text:
    return Text(
        f"Возвращено {facts.money('amount')} за занятие {facts.day('lesson_on')}",
        f"Возвращено {facts.money('amount')} за занятие {facts.day('lesson_on')} в группе {facts.title}: "
        f"{_why_reversed(facts)}. {_remainder(facts)}",
    )


def _why_reversed(facts: Facts) -> str:
    """The cause, which earlier events do not tell."""
    mark = MARKS[facts["mark"]]
    causes = {
        "lesson_cancelled": "занятие отменили",
        "lesson_after_end": "занятие больше не относится к договору",
        "mark_corrected": f"отметку исправили (теперь: {mark})",
    }
    unknown = f"занятие отменили, исправили отметку (сейчас: {mark}) или занятие больше не относится к договору"
    return causes.get(facts.values.get("reason", ""), unknown)


def _remainder(facts: Facts) -> str:
    return f"На сертификате осталось {facts.money('balance_after')}, в резерве {facts.money('held_after')}."


_SHARES = ("certificate_share", "parent_share")
_LEFT = ("balance_after", "held_after")
_MOVEMENT = ("amount", "lesson_on", "mark", *_LEFT)
CERTIFICATE_CREDITED = Kind("certificate_credited", ("amount", "balance_after"), _credited)
FUNDING_QUEUED = Kind("funding_queued", ("position",), _queued)
CONTRACT_ACTIVATED = Kind("contract_activated", _SHARES, _activated, about_group=True)
CONTRACT_AWAITING_FUNDS = Kind("contract_awaiting_funds", (), _awaiting_funds, about_group=True)
CONTRACT_AWAITING_ACCEPTANCE = Kind(
    "contract_awaiting_acceptance", (*_SHARES, "reason", "accept_by"), _awaiting_acceptance, about_group=True
)
CONTRACT_REFUSED = Kind("contract_refused", ("reason",), _refused, about_group=True)
MONTH_DEBITED = Kind("month_debited", ("amount", "month_on", *_LEFT), _month_debited, about_group=True)
MONTH_REVERSED = Kind("month_reversed", ("amount", "month_on"), _month_reversed, about_group=True)
DEBIT_POSTED = Kind("debit_posted", _MOVEMENT, _debit_posted, about_group=True)
DEBIT_REVERSED = Kind("debit_reversed", (*_MOVEMENT, "reason"), _debit_reversed, about_group=True)
KINDS = (
    CERTIFICATE_CREDITED,
    FUNDING_QUEUED,
    CONTRACT_ACTIVATED,
    CONTRACT_AWAITING_FUNDS,
    CONTRACT_AWAITING_ACCEPTANCE,
    CONTRACT_REFUSED,
    MONTH_DEBITED,
    MONTH_REVERSED,
    DEBIT_POSTED,
    DEBIT_REVERSED,
)
