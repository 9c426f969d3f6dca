from typing import Any

import pytest

from contracts import billing, certificates, enrollment
from contracts.base import Event
from contracts.notifications import MessageView
from notifications.domain.texts import KINDS, MARKS, Facts, Group, Text

ROUBLES = {"value": "11917.50", "unit": "RUB"}
VALUES: dict[str, Any] = {
    "position": 3,
    "group_starts_on": "2026-09-01",
    "group_ends_on": "2027-05-31",
    "number": "3801004217",
    "valid_from": "2026-11-22",
    "valid_until": "2034-04-12",
    "amount": {"value": "82.50", "unit": "RUB"},
    "balance_after": ROUBLES,
    "held_after": {"value": "2887.50", "unit": "RUB"},
    "certificate_share": ROUBLES,
    "parent_share": {"value": "0.00", "unit": "RUB"},
    "lesson_on": "2026-11-22",
    "mark": "present",
}
GROUP = Group("Робототехника каждый день", "Дом творчества «Пример»")
EVENTS: dict[str, Event] = {
    "application_waitlisted": enrollment.APPLICATION_WAITLISTED,
    "enrolled": enrollment.ENROLLED,
    "certificate_issued": certificates.CERTIFICATE_ISSUED,
    "certificate_credited": billing.CERTIFICATE_CREDITED,
    "funding_queued": billing.FUNDING_QUEUED,
    "contract_activated": billing.CONTRACT_ACTIVATED,
    "contract_awaiting_funds": billing.CONTRACT_AWAITING_FUNDS,
    "contract_awaiting_acceptance": billing.CONTRACT_AWAITING_ACCEPTANCE,
    "debit_posted": billing.DEBIT_POSTED,
    "debit_reversed": billing.DEBIT_REVERSED,
}


def written(code: str, group: Group | None = GROUP, **changes: Any) -> Text:
    kind = KINDS[code]
    values = {name: VALUES[name] for name in kind.facts} | changes
    return kind.write(Facts(values, group if kind.about_group else None))


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_debit_says_what_why_and_how_much_is_left() -> None:
    text = written("debit_posted")
    assert plain(text.subject) == "Списано 82,50 ₽ за занятие 22.11.2026"
    assert plain(text.body) == (
        "Списано 82,50 ₽ за занятие 22.11.2026 в группе «Робототехника каждый день» (отметка: присутствие). "
        "На сертификате осталось 11 917,50 ₽, в резерве 2 887,50 ₽."
    )


def test_a_reversal_says_what_came_back_and_which_mark_stands_now() -> None:
    text = written("debit_reversed", mark="ill")
    assert plain(text.subject) == "Возвращено 82,50 ₽ за занятие 22.11.2026"
    assert "отметку исправили (теперь: болезнь)" in text.body


def test_an_active_contract_says_who_pays_what() -> None:
    body = plain(written("contract_activated").body)
    assert "Сертификат оплачивает 11 917,50 ₽, семья 0,00 ₽." in body
    assert "«Робототехника каждый день» (Дом творчества «Пример»)" in body


def test_a_certificate_is_told_with_its_number_and_its_last_day() -> None:
    body = written("certificate_issued").body
    assert "№ 3801004217" in body
    assert "с 22.11.2026 по 12.04.2034 включительно" in body


def test_a_place_in_the_queue_is_told_in_subject_and_text() -> None:
    text = written("funding_queued", position=17)
    assert text.subject.endswith("место 17")
    assert "его место: 17." in text.body


def test_every_other_kind_says_its_facts() -> None:
    assert "место в нём: 3." in written("application_waitlisted").body
    assert "с 01.09.2026 по 31.05.2027" in written("enrolled").body
    assert "82,50 ₽ из бюджета" in plain(written("certificate_credited").body)
    assert "сертификатом не оплачиваются" in written("contract_awaiting_funds").body
    assert "Без вашего согласия ничего" in written("contract_awaiting_acceptance").body


def test_every_mark_has_its_words() -> None:
    assert set(MARKS) == set(enrollment.MARKS)


def test_every_kind_reads_fields_that_its_event_has() -> None:
    assert set(EVENTS) == set(KINDS)
    for code, event in EVENTS.items():
        assert set(KINDS[code].reads) <= set(event.schema().fields), code


@pytest.mark.parametrize("code", KINDS)
def test_texts_fit_the_contract_even_with_the_longest_titles(code: str) -> None:
    text = written(code, Group("Ж" * 200, "Щ" * 200), position=10**6) if KINDS[code].facts else written(code)
    assert not MessageView(only=("subject", "text")).validate({"subject": text.subject, "text": text.body})
    assert "\n" not in text.subject


def test_a_text_about_a_group_without_the_group_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="group"):
        written("debit_posted", group=None)
