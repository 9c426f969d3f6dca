from typing import Any

import pytest

from contracts import billing, certificates, enrollment
from contracts.base import Event
from contracts.notifications import MessageView
from notifications.domain.texts import KINDS, Facts, Group, Text, lessons, money, places
from notifications.domain.texts import certificates as documents

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
    "expires_at": "2026-11-25T04:00:00+00:00",
    "accept_by": "2026-11-25T15:59:00+00:00",
    "by": "provider",
    "effective_on": "2026-11-22",
    "starts_at": "2026-11-22T08:00:00+00:00",
    "new_lesson_on": "2026-11-24",
    "new_starts_at": "2026-11-24T08:30:00+00:00",
    "new_ends_at": "2026-11-24T09:30:00+00:00",
    "changed_on": "2026-11-22",
    "month_on": "2026-11-01",
}
REASON_OF = {
    "application_cancelled": "no_documents",
    "withdrawn": "no_attendance",
    "contract_awaiting_acceptance": "parent_share_grew",
    "contract_refused": "not_accepted_in_time",
    "certificate_expired": "age_reached",
    "lesson_cancelled": "teacher_ill",
    "lesson_moved": "weather",
}
GROUP = Group("Робототехника каждый день", "Дом творчества «Пример»", "Asia/Irkutsk")
EVENTS: dict[str, Event] = {
    "application_waitlisted": enrollment.APPLICATION_WAITLISTED,
    "place_offered": enrollment.PLACE_OFFERED,
    "application_confirmed": enrollment.APPLICATION_CONFIRMED,
    "application_cancelled": enrollment.APPLICATION_CANCELLED,
    "enrolled": enrollment.ENROLLED,
    "withdrawn": enrollment.WITHDRAWN,
    "completed": enrollment.COMPLETED,
    "lesson_cancelled": enrollment.LESSON_CANCELLED,
    "lesson_moved": enrollment.LESSON_MOVED,
    "certificate_issued": certificates.CERTIFICATE_ISSUED,
    "certificate_frozen": certificates.CERTIFICATE_FROZEN,
    "certificate_unfrozen": certificates.CERTIFICATE_UNFROZEN,
    "certificate_revoked": certificates.CERTIFICATE_REVOKED,
    "certificate_expired": certificates.CERTIFICATE_EXPIRED,
    "certificate_credited": billing.CERTIFICATE_CREDITED,
    "funding_queued": billing.FUNDING_QUEUED,
    "contract_activated": billing.CONTRACT_ACTIVATED,
    "contract_awaiting_funds": billing.CONTRACT_AWAITING_FUNDS,
    "contract_awaiting_acceptance": billing.CONTRACT_AWAITING_ACCEPTANCE,
    "contract_refused": billing.CONTRACT_REFUSED,
    "month_debited": billing.MONTH_DEBITED,
    "month_reversed": billing.MONTH_REVERSED,
    "debit_posted": billing.DEBIT_POSTED,
    "debit_reversed": billing.DEBIT_REVERSED,
}


def written(code: str, group: Group | None = GROUP, **changes: Any) -> Text:
    kind = KINDS[code]
    known = {**VALUES, "reason": REASON_OF.get(code, "data_check")}
    values = {name: known[name] for name in kind.facts} | changes
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
    text = written("debit_reversed", mark="ill", reason="mark_corrected")
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


def test_the_first_kinds_say_their_facts() -> None:
    assert "место в нём: 3." in written("application_waitlisted").body
    assert "с 01.09.2026 по 31.05.2027" in written("enrolled").body
    assert "82,50 ₽ из бюджета" in plain(written("certificate_credited").body)
    assert "сертификатом не оплачиваются" in written("contract_awaiting_funds").body


def test_an_offered_place_is_told_with_its_deadline_in_the_groups_own_time() -> None:
    assert "до 25.11.2026, 12:00 по местному времени" in written("place_offered").body
    moscow = Group("Вольная борьба", "Спортивная школа «Пример»", "Europe/Moscow")
    assert "до 25.11.2026, 07:00 по местному времени" in written("place_offered", moscow).body


@pytest.mark.parametrize(
    ("by", "reason", "subject", "said"),
    [
        ("family", "changed_mind", "Заявка отменена", "По вашей просьбе отменена заявка"),
        ("provider", "no_documents", "Заявка отклонена", "Причина: не представлены нужные документы."),
        ("system", "place_not_taken_in_time", "Заявка отменена", "Причина: предложенное место не приняли в срок."),
    ],
)
def test_an_ended_application_says_who_ended_it_and_why(by: str, reason: str, subject: str, said: str) -> None:
    text = written("application_cancelled", by=by, reason=reason)
    assert text.subject == subject
    assert said in text.body


def test_a_withdrawal_says_the_last_day_and_what_becomes_of_the_money() -> None:
    text = written("withdrawn")
    assert text.subject.endswith("последний день 22.11.2026")
    assert "по решению организации. Причина: занятия не посещались." in text.body
    assert "возвращается на сертификат" in text.body


def test_a_moved_lesson_is_told_with_both_times_where_the_group_is() -> None:
    text = written("lesson_moved")
    assert text.subject == "Занятие 22.11.2026 перенесено на 24.11.2026 в 16:30"
    assert "Занятие 22.11.2026 в 16:00 в группе" in text.body
    assert "перенесено на 24.11.2026 в 16:30 (до 17:30). Причина: погодные условия." in text.body


def test_a_cancelled_lesson_is_told_with_its_reason_and_costs_nothing() -> None:
    text = written("lesson_cancelled")
    assert text.subject == "Отменено занятие 22.11.2026 в 16:00"
    assert "Причина: педагог заболел." in text.body
    assert "ничего не спишется" in text.body


def test_a_certificates_states_say_why_and_what_becomes_of_the_money() -> None:
    assert "Причина: проверка данных. Пока он заморожен" in written("certificate_frozen").body
    assert "сейчас рассчитывается" in written("certificate_unfrozen", reason="cleared").body
    assert "возвращаются в бюджет" in written("certificate_revoked", reason="court_decision").body
    assert "Причина: исполнилось 18 лет." in written("certificate_expired").body


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("parent_share_grew", "доля семьи стала больше той, на которую вы согласились"),
        ("terms_changed", "организация изменила условия"),
        ("clubs_limit_reached", "столько кружков одновременно, сколько разрешает муниципалитет"),
        ("direction_limit_reached", "по этой направленности муниципалитет больше кружков сертификатом не оплачивает"),
        ("offer_already_used", "принятое вами предложение к этому договору не подходит"),
        (None, "принятое вами предложение к этому договору не подходит"),
    ],
)
def test_a_contract_that_waits_for_acceptance_says_why_and_until_when(reason: str | None, said: str) -> None:
    body = written("contract_awaiting_acceptance", reason=reason).body
    assert said in body
    assert "Без вашего согласия ничего" in body
    assert "на портале до 25.11.2026, 23:59 по местному времени или откажитесь" in body
    assert "на портале или откажитесь" in written("contract_awaiting_acceptance", accept_by=None).body


def test_a_contract_that_never_came_about_says_whose_silence_or_word_it_was() -> None:
    assert "не состоялся: новые условия не приняли в срок." in written("contract_refused").body
    assert "вы отказались" in written("contract_refused", reason="refused_by_family").body
    assert "согласия на условия нет" in written("contract_refused", reason=None).body


def test_a_months_debit_says_the_month_and_what_is_left() -> None:
    text = written("month_debited")
    assert plain(text.subject) == "Списано 82,50 ₽ за ноябрь 2026 года"
    assert plain(text.body).endswith("На сертификате осталось 11 917,50 ₽, в резерве 2 887,50 ₽.")


def test_a_month_that_was_taken_back_says_the_month_why_and_what_is_left() -> None:
    text = written("month_reversed")
    assert plain(text.subject) == "Возвращено 82,50 ₽ за ноябрь 2026 года"
    assert "договор заканчивается раньше, этот месяц не оплачивается" in text.body
    assert "в резерве" not in text.body, "what was reserved goes right after it"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("lesson_cancelled", ": занятие отменили. На"),
        ("lesson_after_end", ": занятие больше не относится к договору. На"),
        (
            None,
            "отменили, исправили отметку (сейчас: болезнь) или занятие больше не относится к договору. На",
        ),
    ],
)
def test_a_reversal_says_its_cause_as_far_as_the_event_tells_it(reason: str | None, told: str) -> None:
    assert told in written("debit_reversed", mark="ill", reason=reason).body


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (money.MARKS, enrollment.MARKS),
        (places.CANCELLED_BECAUSE, enrollment.CANCEL_REASONS),
        (places.WITHDRAWN_BECAUSE, enrollment.WITHDRAW_REASONS),
        (places.CANCELLED_BY, enrollment.PARTIES),
        (places.WITHDRAWN_BY, enrollment.PARTIES),
        (lessons.BECAUSE, enrollment.LESSON_REASONS),
        (documents.BECAUSE, certificates.REASONS),
    ],
)
def test_every_code_of_a_contract_has_its_words(words: dict[str, object], codes: tuple[str, ...]) -> None:
    assert set(words) == set(codes)


def test_every_kind_reads_fields_that_its_event_has() -> None:
    assert set(EVENTS) == set(KINDS)
    for code, event in EVENTS.items():
        assert set(KINDS[code].reads) <= set(event.schema().fields), code


@pytest.mark.parametrize("code", KINDS)
def test_texts_fit_the_contract_even_with_the_longest_titles(code: str) -> None:
    text = (
        written(code, Group("Ж" * 200, "Щ" * 200, "Asia/Irkutsk"), position=10**6)
        if KINDS[code].facts
        else written(code)
    )
    assert not MessageView(only=("subject", "text")).validate({"subject": text.subject, "text": text.body})
    assert "\n" not in text.subject


def test_a_text_about_a_group_without_the_group_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="group"):
        written("debit_posted", group=None)
