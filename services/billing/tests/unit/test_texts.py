from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from billing.domain import ledger, words
from billing.domain.clubs import CLUBS_LIMIT, DIRECTION_LIMIT, Limits, Reached
from billing.domain.contract import Terms
from billing.domain.coverage import Lesson, Span
from billing.domain.explanations import explain
from billing.domain.months import Month
from billing.domain.offer import Expectation, quote, terms_text
from billing.domain.policy import Policy
from chassis.errors import RuleViolated
from chassis.values import Amount

POLICY = Policy(absent_percent=100, ill_percent=0, excused_percent=0)
LESSONS = tuple(Lesson("", number, date(2026, 10, number)) for number in range(1, 11))
TERMS = Terms(Span(date(2026, 10, 1), date(2026, 10, 10)), Amount(100000, "RUB"), Amount(90000, "RUB"), LESSONS)
ALLOWED = Span(date(2026, 10, 1), date(2027, 8, 31))
RICH = Expectation(Amount(1000000, "RUB"), POLICY, None)
BORN_ON = date(2016, 4, 12)


def plain(text: str) -> str:
    return text.replace(words.NO_BREAK, " ")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Amount(1200050, "RUB"), "12 000,50 ₽"),
        (Amount(100, "HOUR"), "1,00 ч"),
        (Amount(-5, "RUB"), "−0,05 ₽"),
        (Amount(123456789, "RUB"), "1 234 567,89 ₽"),
    ],
)
def test_amounts_read_as_russians_write_them(amount: Amount, text: str) -> None:
    assert plain(words.money(amount)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 занятие"),
        (2, "2 занятия"),
        (5, "5 занятий"),
        (11, "11 занятий"),
        (12, "12 занятий"),
        (21, "21 занятие"),
        (112, "112 занятий"),
        (104, "104 занятия"),
    ],
)
def test_lessons_are_counted_in_russian(count: int, text: str) -> None:
    assert plain(words.lessons(count)) == text


DETAILS = {"lesson_on": "2026-10-05", "group_title": "Робототехника", "mark": "present", "percent": 100}


PERIODS = {
    "period_starts_on": "2026-09-01",
    "period_ends_on": "2027-08-31",
    "next_starts_on": "2027-09-01",
    "next_ends_on": "2028-08-31",
}


@pytest.mark.parametrize(
    ("kind", "details", "sentence"),
    [
        (
            ledger.CREDIT,
            {"period_starts_on": "2026-09-01", "period_ends_on": "2027-08-31", "payer_name": "Иркутск"},
            "Зачислен номинал сертификата на период 01.09.2026 – 31.08.2027; плательщик: Иркутск.",
        ),
        (
            ledger.HOLD,
            {"lessons": 35, "effective_from": "2026-10-05", "group_title": "Робототехника"},
            "Зарезервировано на 35 занятий в группе «Робототехника» по договору, действующему с 05.10.2026.",
        ),
        (
            ledger.DEBIT,
            DETAILS,
            "Списано за занятие 05.10.2026 в группе «Робототехника»: ребёнок присутствовал.",
        ),
        (
            ledger.DEBIT,
            {**DETAILS, "mark": "absent", "group_title": None},
            "Списано за занятие 05.10.2026: ребёнок отсутствовал без уважительной причины, "
            "по правилам программы за такое занятие списывается 100 %.",
        ),
        (
            ledger.REVERSAL,
            {**DETAILS, "mark": "ill"},
            "Возвращено в резерв списание за занятие 05.10.2026 в группе «Робототехника»: "
            "отметку исправили, ребёнок болел.",
        ),
        (
            ledger.REVERSAL,
            {**DETAILS, "reason": "lesson_cancelled"},
            "Возвращено в резерв списание за занятие 05.10.2026 в группе «Робототехника»: занятие отменено.",
        ),
        (
            ledger.REVERSAL,
            {**DETAILS, "reason": "lesson_after_end", "group_title": None},
            "Возвращено в резерв списание за занятие 05.10.2026: занятие после последнего дня договора.",
        ),
        (ledger.HOLD, {**DETAILS, "group_title": None}, "Снова зарезервировано за занятие 05.10.2026."),
        (
            ledger.RELEASE,
            {"lesson_on": "2026-10-05", "reason": "lesson_not_filled", "lessons": 1, "group_title": None},
            "Возвращён из резерва остаток за занятие 05.10.2026: отметку не поставили в срок.",
        ),
        (
            ledger.RELEASE,
            {"reason": "contract_closed", "lessons": 3, "group_title": "Хор"},
            "Возвращён из резерва остаток за занятия в группе «Хор»: договор закрыт.",
        ),
        (
            ledger.DEBIT,
            {"month_on": "2026-10-01", "group_title": "Хор"},
            "Списана доля за октябрь 2026 года в группе «Хор»: по правилам программы месяц оплачивается вперёд.",
        ),
        (
            ledger.REVERSAL,
            {"month_on": "2027-01-01", "group_title": None},
            "Возвращено в резерв списание за январь 2027 года: договор закончился раньше.",
        ),
        (ledger.RETURNED, PERIODS, "Возвращён в бюджет остаток сертификата за период 01.09.2026 – 31.08.2027."),
        (ledger.CARRIED_OUT, PERIODS, "Остаток перенесён на период 01.09.2027 – 31.08.2028."),
        (ledger.CARRIED_IN, PERIODS, "Зачислен остаток, перенесённый с периода 01.09.2026 – 31.08.2027."),
    ],
)
def test_each_movement_is_told_in_one_sentence(kind: str, details: dict[str, object], sentence: str) -> None:
    assert plain(explain(kind, details)) == sentence


def test_the_offer_prices_the_rest_of_the_lessons() -> None:
    quoted = quote(TERMS, Span(date(2026, 10, 6), ALLOWED.last), RICH, BORN_ON)
    shares = quoted.shares
    assert (shares.price.minor, shares.certificate.minor, shares.parent.minor) == (50000, 45000, 5000)
    assert (quoted.per_lesson.minor, len(quoted.lessons), quoted.max_parent_share.minor) == (9000, 5, 5000)


def test_the_offer_tells_what_the_guardian_accepts() -> None:
    quoted = quote(TERMS, ALLOWED, RICH, BORN_ON)
    text = plain(terms_text("Робототехника", quoted, RICH, datetime(2026, 10, 2, 2, tzinfo=UTC), "Asia/Irkutsk"))
    assert text.splitlines() == [
        "Группа «Робототехника»: 10 занятий с 01.10.2026 по 10.10.2026, цена 1 000,00 ₽.",
        "Сертификат оплатит 900,00 ₽, семья — 100,00 ₽.",
        "За посещённое занятие с сертификата списывается не больше 90,00 ₽; за пропуск без уважительной причины — "
        "100 % этой суммы, по болезни — 0 %, по другой уважительной причине — 0 %. О каждом списании придёт сообщение.",
        "Доля семьи не превысит 100,00 ₽: если по расчёту выйдет больше, договор не начнёт действовать без вашего "
        "нового согласия, и с сертификата ничего не спишут.",
        "Предложение действует до 02.10.2026 10:00 по местному времени.",
    ]


def school_year(allowed: Span) -> Terms:
    """The published example's group: 273 days from 01.09.2020, a lesson each Tuesday of the allowed days."""
    group = Span(date(2020, 9, 1), date(2021, 5, 31))
    tuesdays = [each for each in allowed.within(group).first_days() if each.weekday() == 1]
    lessons = tuple(Lesson("", number, on) for number, on in enumerate(tuesdays, start=1))
    return Terms(group, Amount(900000, "RUB"), Amount(800000, "RUB"), lessons)


BY_MONTH = replace(RICH, by_month=True)
AUTUMN = Span(date(2020, 9, 16), date(2020, 12, 31))


def test_an_offer_that_is_paid_by_the_month_tells_each_month_as_the_published_example_does() -> None:
    quoted = quote(school_year(AUTUMN), AUTUMN, BY_MONTH, date(2010, 4, 12))
    assert (quoted.shares.certificate.minor, quoted.per_lesson.minor) == (313554, 0)
    others = [Month(date(2020, number, 1), 89865) for number in (10, 11, 12)]
    assert quoted.months == (Month(date(2020, 9, 1), 43959), *others)
    text = plain(terms_text("Хор", quoted, BY_MONTH, datetime(2020, 9, 17, tzinfo=UTC), "UTC"))
    assert text.splitlines()[2:4] == [
        "Занятия оплачиваются помесячно и вперёд, сколько бы занятий ребёнок ни посетил: с сертификата спишут "
        "439,59 ₽ за сентябрь 2020 года и по 898,65 ₽ за каждый следующий месяц по декабрь 2020 года.",
        "Месяцы, которые уже начались, оплачиваются, как только договор начнёт действовать, остальные — 1-го числа. "
        "Суммы посчитаны для договора с 16.09.2020; если он начнётся позже, их пересчитают. Если ребёнок уйдёт раньше, "
        "за месяцы, которые начнутся после его последнего дня, не спишут ничего, а за начавшийся месяц деньги не "
        "вернутся. О каждом списании придёт сообщение.",
    ]
    assert "посещённое занятие" not in text


@pytest.mark.parametrize(
    ("until", "words_of_months"),
    [
        (date(2020, 9, 30), "спишут 439,57 ₽ за сентябрь 2020 года."),
        (date(2020, 10, 31), "спишут 439,57 ₽ за сентябрь 2020 года и 908,42 ₽ за октябрь 2020 года."),
    ],
)
def test_an_offer_for_one_or_two_months_names_each_of_them(until: date, words_of_months: str) -> None:
    allowed = Span(AUTUMN.first, until)
    quoted = quote(school_year(allowed), allowed, BY_MONTH, date(2010, 4, 12))
    assert words_of_months in plain(terms_text("Хор", quoted, BY_MONTH, datetime(2020, 9, 17, tzinfo=UTC), "UTC"))


def test_where_the_certificate_pays_nothing_no_months_are_told() -> None:
    empty = replace(BY_MONTH, available=Amount(0, "RUB"))
    quoted = quote(school_year(AUTUMN), AUTUMN, empty, date(2010, 4, 12))
    assert quoted.months == ()
    assert "помесячно" not in terms_text("Хор", quoted, empty, datetime(2020, 9, 17, tzinfo=UTC), "UTC")


def test_the_offer_tells_what_happens_while_the_certificate_queues() -> None:
    queued = replace(RICH, queue_position=7)
    text = terms_text("Хор", quote(TERMS, ALLOWED, queued, BORN_ON), queued, datetime(2026, 10, 2, tzinfo=UTC), "UTC")
    assert "место в очереди: 7" in text
    assert "до дня зачисления денег сертификат не покрывает" in text


def test_the_offer_tells_when_nobody_funds_the_child() -> None:
    unfunded = Expectation(Amount(0, "RUB"), None, None)
    quoted = quote(TERMS, ALLOWED, unfunded, BORN_ON)
    assert (quoted.shares.certificate.minor, quoted.shares.parent.minor) == (0, 100000)
    text = terms_text("Хор", quoted, unfunded, datetime(2026, 10, 2, tzinfo=UTC), "UTC")
    assert "программа финансирования для ребёнка не открыта" in text
    assert "списывается" not in text


@pytest.mark.parametrize(
    ("allowed", "born_on", "policy", "code"),
    [
        (Span(date(2026, 10, 11), ALLOWED.last), BORN_ON, POLICY, "no_lessons_left"),
        (ALLOWED, date(2021, 10, 2), POLICY, "child_under_age"),
        (ALLOWED, date(2008, 10, 1), POLICY, "child_over_age"),
        (ALLOWED, BORN_ON, replace(POLICY, copayment_allowed=False), "copayment_not_allowed"),
    ],
)
def test_no_offer_is_made_where_a_rule_says_no(allowed: Span, born_on: date, policy: Policy, code: str) -> None:
    with pytest.raises(RuleViolated) as refusal:
        quote(TERMS, allowed, replace(RICH, policy=policy), born_on)
    assert refusal.value.code == code


@pytest.mark.parametrize("born_on", [date(2021, 10, 1), date(2008, 10, 2)])
def test_children_of_five_and_of_seventeen_get_an_offer(born_on: date) -> None:
    assert quote(TERMS, ALLOWED, RICH, born_on).lessons


@pytest.mark.parametrize(
    ("count", "text", "most"),
    [
        (1, "1 кружок", "не больше 1 кружка"),
        (2, "2 кружка", "не больше 2 кружков"),
        (5, "5 кружков", "не больше 5 кружков"),
        (11, "11 кружков", "не больше 11 кружков"),
        (21, "21 кружок", "не больше 21 кружка"),
    ],
)
def test_clubs_are_counted_in_russian(count: int, text: str, most: str) -> None:
    assert (plain(words.clubs(count)), plain(words.at_most_clubs(count))) == (text, most)


def said_of_limits(**changes: object) -> list[str]:
    """What the offer's text says more than that of a programme without limits."""
    expects = replace(RICH, **changes)  # type: ignore[arg-type]
    until, terms = datetime(2026, 10, 2, 2, tzinfo=UTC), replace(TERMS, price=TERMS.normative)
    told, usual = (
        plain(terms_text("Хор", quote(terms, ALLOWED, each, BORN_ON), each, until, "UTC")) for each in (expects, RICH)
    )
    return [line for line in told.splitlines() if line not in usual.splitlines()]


AND_THE_FAMILY_PAYS = "Ребёнок может заниматься, платит за этот кружок семья."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"limits": Limits(by_direction={"arts": 0})}, []),
        (
            {"reached": Reached(CLUBS_LIMIT, 3)},
            [
                "Сертификат уже оплачивает 3 кружка одновременно, больше муниципалитет не оплачивает. "
                f"{AND_THE_FAMILY_PAYS}"
            ],
        ),
        (
            {"reached": Reached(DIRECTION_LIMIT, 1, "technical")},
            [
                "Сертификат уже оплачивает 1 кружок по направленности «техническая», больше муниципалитет не "
                f"оплачивает. {AND_THE_FAMILY_PAYS}"
            ],
        ),
        (
            {"reached": Reached(DIRECTION_LIMIT, 0, "sport")},
            [f"Кружки по направленности «физкультурно-спортивная» муниципалитет не оплачивает. {AND_THE_FAMILY_PAYS}"],
        ),
        (
            {"pays_from": date(2026, 10, 6), "limits": Limits(1)},
            [
                "Сертификат оплачивает занятия с 06.10.2026: до этого дня он оплачивал столько кружков, сколько "
                "разрешает муниципалитет. Более ранние занятия в цену не входят."
            ],
        ),
        (
            {"limits": Limits(2, {"arts": 1})},
            [
                "Одновременно муниципалитет оплачивает не больше 2 кружков, не больше 1 кружка по направленности "
                "«художественная». Если к началу договора сертификат уже будет оплачивать столько, договор начнёт "
                "действовать, только когда другой кружок закончится или вы согласитесь на новые условия. Если этого не "
                "произойдёт в срок, который даётся на согласие, договор не состоится и ребёнок будет отчислен из "
                "группы. Занятия, которые придутся на дни другого кружка, сертификат не покроет."
            ],
        ),
        (
            {"limits": Limits(1), "policy": replace(POLICY, copayment_allowed=False)},
            [
                "Одновременно муниципалитет оплачивает не больше 1 кружка. Если к началу договора сертификат уже будет "
                "оплачивать столько, договор начнёт действовать, только когда другой кружок закончится. Если этого не "
                "произойдёт в срок, который даётся на согласие, договор не состоится и ребёнок будет отчислен из "
                "группы. Занятия, которые придутся на дни другого кружка, сертификат не покроет."
            ],
        ),
    ],
)
def test_the_offer_says_what_a_limit_of_clubs_means(changes: dict[str, object], said: list[str]) -> None:
    assert said_of_limits(**changes) == said


@pytest.mark.parametrize(("minor", "told"), [(500000, True), (0, False)])
def test_money_that_is_waited_for_is_spoken_of_only_where_it_would_pay(minor: int, told: bool) -> None:
    expects = replace(RICH, available=Amount(minor, "RUB"), queue_position=3)
    text = terms_text("Хор", quote(TERMS, ALLOWED, expects, BORN_ON), expects, datetime(2026, 10, 2, tzinfo=UTC), "UTC")
    assert ("ждёт денег" in text) == told


@pytest.mark.parametrize(
    ("reached", "details"),
    [
        (Reached(CLUBS_LIMIT, 2), {"limit": "2"}),
        (Reached(DIRECTION_LIMIT, 0, "arts"), {"limit": "0", "direction": "arts"}),
    ],
)
def test_a_limit_has_its_own_refusal_where_families_may_not_pay(reached: Reached, details: dict[str, str]) -> None:
    strict = replace(RICH, policy=replace(POLICY, copayment_allowed=False), reached=reached)
    with pytest.raises(RuleViolated) as refused:
        quote(TERMS, ALLOWED, replace(strict, available=Amount(0, "RUB")), BORN_ON)
    assert (refused.value.code, refused.value.details) == (reached.code, details)
