"""What a guardian reads about each kind of event: subject and text, in Russian.

Texts hold sums, days, titles of groups and the certificate's number; never a person's name or contact.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.values import Amount
from notifications.domain import formats

MARKS = {
    "present": "присутствие",
    "absent": "отсутствие",
    "ill": "болезнь",
    "excused": "уважительная причина",
}


@dataclass(frozen=True)
class Text:
    """A message to a person."""

    subject: str
    body: str


@dataclass(frozen=True)
class Group:
    """What a message says of a group."""

    title: str
    provider_name: str


@dataclass(frozen=True)
class Facts:
    """What an event told, as JSON values, and the group it concerns, if any."""

    values: Mapping[str, Any]
    group: Group | None = None

    def money(self, name: str) -> str:
        """An amount as people read it."""
        return formats.money(Amount.from_wire(self.values[name]))

    def day(self, name: str) -> str:
        """A day as people read it."""
        return formats.day(date.fromisoformat(self.values[name]))

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def title(self) -> str:
        """The group in quotes."""
        return f"«{self._group.title}»"

    @property
    def place(self) -> str:
        """The group in quotes and who runs it."""
        return f"{self.title} ({self._group.provider_name})"

    @property
    def _group(self) -> Group:
        if self.group is None:
            raise ValueError("this event does not name a group")
        return self.group


@dataclass(frozen=True)
class Kind:
    """A kind of message: which facts it needs and how it is written."""

    code: str
    facts: tuple[str, ...]
    write: Callable[[Facts], Text]
    about_group: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields of the event that this service uses."""
        return ("child_id", *(("group_id",) if self.about_group else ()), *self.facts)


def _waitlisted(facts: Facts) -> Text:
    return Text(
        f"Заявка в листе ожидания, место {facts['position']}",
        f"Все места в группе {facts.place} сейчас заняты. Заявка принята в лист ожидания, "
        f"её место в нём: {facts['position']}.",
    )


def _enrolled(facts: Facts) -> Text:
    return Text(
        "Ребёнок зачислен в группу",
        f"Ребёнок зачислен в группу {facts.place}. "
        f"Занятия группы: с {facts.day('group_starts_on')} по {facts.day('group_ends_on')}.",
    )


def _certificate_issued(facts: Facts) -> Text:
    return Text(
        "Выдан сертификат дополнительного образования",
        f"Ребёнку выдан сертификат дополнительного образования № {facts['number']}. "
        f"Он действует с {facts.day('valid_from')} по {facts.day('valid_until')} включительно. "
        "Подавать заявление на него не нужно.",
    )


def _certificate_credited(facts: Facts) -> Text:
    return Text(
        f"На сертификат зачислено {facts.money('amount')}",
        f"На сертификат зачислено {facts.money('amount')} из бюджета муниципалитета. "
        f"Сейчас на сертификате {facts.money('balance_after')}.",
    )


def _funding_queued(facts: Facts) -> Text:
    return Text(
        f"Сертификат в очереди на деньги, место {facts['position']}",
        "Деньги муниципалитета на сертификаты этого периода сейчас распределены полностью. Сертификат стоит в очереди, "
        f"его место: {facts['position']}. Деньги поступят сами, когда подойдёт очередь; место в группе сохраняется.",
    )


def _contract_activated(facts: Facts) -> Text:
    return Text(
        "Договор действует",
        f"Договор на занятия в группе {facts.place} действует. Сертификат оплачивает "
        f"{facts.money('certificate_share')}, семья {facts.money('parent_share')}. Доля сертификата зарезервирована; "
        "списания идут по мере занятий, о каждом мы сообщим.",
    )


def _contract_awaiting_funds(facts: Facts) -> Text:
    return Text(
        "Договор ждёт денег на сертификате",
        f"Договор на занятия в группе {facts.place} ждёт, пока на сертификат поступят деньги. Зачисление и место "
        "сохраняются. До поступления денег занятия записываются в журнал, но сертификатом не оплачиваются.",
    )


def _contract_awaiting_acceptance(facts: Facts) -> Text:
    return Text(
        "Договор ждёт вашего согласия",
        f"Условия договора на занятия в группе {facts.place} стали другими: сертификат может оплатить "
        f"{facts.money('certificate_share')}, семье пришлось бы платить {facts.money('parent_share')}, а это больше, "
        "чем вы согласились. Без вашего согласия ничего не зарезервировано и не будет списано.",
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
        f"отметку исправили (теперь: {MARKS[facts['mark']]}). {_remainder(facts)}",
    )


def _remainder(facts: Facts) -> str:
    return f"На сертификате осталось {facts.money('balance_after')}, в резерве {facts.money('held_after')}."


_SHARES = ("certificate_share", "parent_share")
_MOVEMENT = ("amount", "lesson_on", "mark", "balance_after", "held_after")
APPLICATION_WAITLISTED = Kind("application_waitlisted", ("position",), _waitlisted, about_group=True)
ENROLLED = Kind("enrolled", ("group_starts_on", "group_ends_on"), _enrolled, about_group=True)
CERTIFICATE_ISSUED = Kind("certificate_issued", ("number", "valid_from", "valid_until"), _certificate_issued)
CERTIFICATE_CREDITED = Kind("certificate_credited", ("amount", "balance_after"), _certificate_credited)
FUNDING_QUEUED = Kind("funding_queued", ("position",), _funding_queued)
CONTRACT_ACTIVATED = Kind("contract_activated", _SHARES, _contract_activated, about_group=True)
CONTRACT_AWAITING_FUNDS = Kind("contract_awaiting_funds", (), _contract_awaiting_funds, about_group=True)
CONTRACT_AWAITING_ACCEPTANCE = Kind(
    "contract_awaiting_acceptance", _SHARES, _contract_awaiting_acceptance, about_group=True
)
DEBIT_POSTED = Kind("debit_posted", _MOVEMENT, _debit_posted, about_group=True)
DEBIT_REVERSED = Kind("debit_reversed", _MOVEMENT, _debit_reversed, about_group=True)
KINDS = {
    kind.code: kind
    for kind in (
        APPLICATION_WAITLISTED,
        ENROLLED,
        CERTIFICATE_ISSUED,
        CERTIFICATE_CREDITED,
        FUNDING_QUEUED,
        CONTRACT_ACTIVATED,
        CONTRACT_AWAITING_FUNDS,
        CONTRACT_AWAITING_ACCEPTANCE,
        DEBIT_POSTED,
        DEBIT_REVERSED,
    )
}
