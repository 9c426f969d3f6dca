"""A price for a child and a group: what the certificate pays, what the family, and the most it could be asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from billing.domain import words
from billing.domain.contract import Terms, greatest_parent_share, share_out
from billing.domain.coverage import AGE_MAX, AGE_MIN, Lesson, Span
from billing.domain.months import Month, monthly
from billing.domain.policy import Policy
from billing.domain.split import Split, greatest_part
from chassis.ages import age_on
from chassis.errors import RuleViolated
from chassis.values import Amount


@dataclass(frozen=True)
class Expectation:
    """What the certificate can be expected to pay with, by which policy, and its place if it queues for money.

    Without a `policy` nobody funds the child and `available` is nothing. `by_month` says that it is charged for months,
    whatever the attendance.
    """

    available: Amount
    policy: Policy | None
    queue_position: int | None
    by_month: bool = False


@dataclass(frozen=True)
class Quote:
    """The price offered; `per_lesson` is the most that the certificate is charged for one attended lesson.

    `months` are what it is charged for instead where it is charged by the month; `first_day` is the first that it pays
    for.
    """

    shares: Split
    max_parent_share: Amount
    per_lesson: Amount
    months: tuple[Month, ...]
    first_day: date
    lessons: tuple[Lesson, ...]


def quote(terms: Terms, allowed: Span, expectation: Expectation, born_on: date) -> Quote:
    """Price the group's lessons that are left within the allowed days.

    Raises `RuleViolated`: `no_lessons_left`; `child_under_age`, `child_over_age` on the day of the first of them;
    `copayment_not_allowed` when the certificate is short and the payer allows no co-payment.
    """
    shares, lessons = share_out(terms, allowed, expectation.available)
    if not lessons:
        raise RuleViolated("no_lessons_left", "No lessons of the group are left in the funding period.")
    _check_age(age_on(born_on, lessons[0].on))
    if expectation.policy and not expectation.policy.copayment_allowed and shares.parent.minor:
        raise RuleViolated("copayment_not_allowed", "The certificate is short and co-payment is not allowed.")
    days, share = terms.group.within(allowed), shares.certificate.minor
    per_lesson = 0 if expectation.by_month else greatest_part(share, len(lessons))
    return Quote(
        shares=shares,
        max_parent_share=greatest_parent_share(terms, allowed, expectation.available),
        per_lesson=Amount(per_lesson, shares.price.unit),
        months=monthly(share, days) if expectation.by_month and share else (),
        first_day=days.first,
        lessons=lessons,
    )


def _check_age(age: int) -> None:
    if age < AGE_MIN:
        raise RuleViolated("child_under_age", "Certificates are for children of 5 to 17.", age=str(age))
    if age > AGE_MAX:
        raise RuleViolated("child_over_age", "Certificates are for children of 5 to 17.", age=str(age))


def terms_text(title: str, quoted: Quote, expectation: Expectation, expires_at: datetime, time_zone: str) -> str:
    """What the guardian accepts with the application, in Russian."""
    shares, lessons = quoted.shares, quoted.lessons
    first, last = words.day(lessons[0].on), words.day(lessons[-1].on)
    lines = [
        f"Группа «{title}»: {words.lessons(len(lessons))} с {first} по {last}, цена {words.money(shares.price)}.",
        f"Сертификат оплатит {words.money(shares.certificate)}, семья — {words.money(shares.parent)}.",
        *(_charging_by_month(quoted) if expectation.by_month else _charging(quoted, expectation.policy)),
        *_waiting(expectation),
        f"Доля семьи не превысит {words.money(quoted.max_parent_share)}: если по расчёту выйдет больше, договор "
        "не начнёт действовать без вашего нового согласия, и с сертификата ничего не спишут.",
        f"Предложение действует до {expires_at.astimezone(ZoneInfo(time_zone)):%d.%m.%Y %H:%M} по местному времени.",
    ]
    return "\n".join(lines)


def _charging(quoted: Quote, policy: Policy | None) -> list[str]:
    if policy is None or not quoted.per_lesson.minor:
        return []
    return [
        f"За посещённое занятие с сертификата списывается не больше {words.money(quoted.per_lesson)}; "
        f"за пропуск без уважительной причины — {policy.absent_percent} % этой суммы, "
        f"по болезни — {policy.ill_percent} %, по другой уважительной причине — {policy.excused_percent} %. "
        "О каждом списании придёт сообщение."
    ]


def _charging_by_month(quoted: Quote) -> list[str]:
    if not quoted.months:
        return []
    return [
        "Занятия оплачиваются помесячно и вперёд, сколько бы занятий ребёнок ни посетил: с сертификата спишут "
        f"{_months(quoted.months, quoted.shares.price.unit)}.",
        "Месяцы, которые уже начались, оплачиваются, как только договор начнёт действовать, остальные — 1-го числа. "
        f"Суммы посчитаны для договора с {words.day(quoted.first_day)}; если он начнётся позже, их пересчитают. "
        "Если ребёнок уйдёт раньше, за месяцы, которые начнутся после его последнего дня, не спишут ничего, "
        "а за начавшийся месяц деньги не вернутся. О каждом списании придёт сообщение.",
    ]


def _months(months: tuple[Month, ...], unit: str) -> str:
    """What each month costs; all but the first cost the same."""
    first, *others = (f"{words.money(Amount(each.amount, unit))} за {words.month(each.on)}" for each in months)
    if len(others) > 1:
        other, last = Amount(months[1].amount, unit), words.month(months[-1].on)
        others = [f"по {words.money(other)} за каждый следующий месяц по {last}"]
    return " и ".join([first, *others])


def _waiting(expectation: Expectation) -> list[str]:
    if expectation.policy is None:
        return ["Сейчас программа финансирования для ребёнка не открыта, поэтому сертификат не оплачивает занятия."]
    if expectation.queue_position is None:
        return []
    return [
        f"Бюджет сейчас исчерпан, сертификат ждёт денег; его место в очереди: {expectation.queue_position}. "
        "Ребёнок может заниматься, но занятия до дня зачисления денег сертификат не покрывает; "
        "цена договора и доли считаются с этого дня, по правилам программы, которые тогда действуют."
    ]
