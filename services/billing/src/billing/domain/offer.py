"""A price for a child and a group: what the certificate pays, what the family, and the most it could be asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from billing.domain import words
from billing.domain.clubs import NO_LIMITS, Limits, Reached
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
    whatever the attendance. `limits` are those of what it pays for at once; one that is `reached` leaves nothing
    available, and `pays_from` is the day on which a club that was in the way of a waiting contract has ended.
    """

    available: Amount
    policy: Policy | None
    queue_position: int | None
    by_month: bool = False
    limits: Limits = NO_LIMITS
    reached: Reached | None = None
    pays_from: date | None = None


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
    `copayment_not_allowed` when the certificate is short and the payer allows no co-payment, `clubs_limit_reached` or
    `direction_limit_reached` when that is since it pays for as many clubs as it may.
    """
    shares, lessons = share_out(terms, allowed, expectation.available)
    if not lessons:
        raise RuleViolated("no_lessons_left", "No lessons of the group are left in the funding period.")
    _check_age(age_on(born_on, lessons[0].on))
    if expectation.policy and not expectation.policy.copayment_allowed and shares.parent.minor:
        raise _short(expectation.reached)
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


def _short(reached: Reached | None) -> RuleViolated:
    if reached is None:
        return RuleViolated("copayment_not_allowed", "The certificate is short and co-payment is not allowed.")
    return RuleViolated(
        "direction_limit_reached" if reached.direction else "clubs_limit_reached",
        "The certificate pays for as many clubs at once as it may.",
        limit=str(reached.limit),
        **({"direction": reached.direction} if reached.direction else {}),
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
        *_limited(expectation),
        *(_charging_by_month(quoted) if expectation.by_month else _charging(quoted, expectation.policy)),
        *_waiting(expectation, shares),
        f"Доля семьи не превысит {words.money(quoted.max_parent_share)}: если по расчёту выйдет больше, договор "
        "не начнёт действовать без вашего нового согласия, и с сертификата ничего не спишут.",
        f"Предложение действует до {expires_at.astimezone(ZoneInfo(time_zone)):%d.%m.%Y %H:%M} по местному времени.",
    ]
    return "\n".join(lines)


def _limited(expectation: Expectation) -> list[str]:
    """What the limits of clubs paid for at once mean for this one."""
    if expectation.reached:
        return [f"{_why_nothing(expectation.reached)}. Ребёнок может заниматься, платит за этот кружок семья."]
    if expectation.pays_from:
        return [
            f"Сертификат оплачивает занятия с {words.day(expectation.pays_from)}: до этого дня он оплачивал "
            "столько кружков, сколько разрешает муниципалитет. Более ранние занятия в цену не входят."
        ]
    limits = expectation.limits
    clubs = [words.at_most_clubs(limits.at_once)] if limits.at_once is not None else []
    clubs += [
        f"{words.at_most_clubs(limit)} по направленности «{words.DIRECTIONS[direction]}»"
        for direction, limit in sorted(limits.by_direction.items())
        if limit
    ]
    if not clubs:
        return []
    agreeing = " или вы согласитесь на новые условия" if _may_pay_in_addition(expectation.policy) else ""
    return [
        f"Одновременно муниципалитет оплачивает {', '.join(clubs)}. Если к началу договора сертификат уже будет "
        f"оплачивать столько, договор начнёт действовать, только когда другой кружок закончится{agreeing}. Если этого "
        "не произойдёт в срок, который даётся на согласие, договор не состоится и ребёнок будет отчислен из группы. "
        "Занятия, которые придутся на дни другого кружка, сертификат не покроет."
    ]


def _may_pay_in_addition(policy: Policy | None) -> bool:
    return policy is None or policy.copayment_allowed


def _why_nothing(reached: Reached) -> str:
    if reached.direction is None:
        return (
            f"Сертификат уже оплачивает {words.clubs(reached.limit)} одновременно, больше муниципалитет не оплачивает"
        )
    direction = f"по направленности «{words.DIRECTIONS[reached.direction]}»"
    if not reached.limit:
        return f"Кружки {direction} муниципалитет не оплачивает"
    return f"Сертификат уже оплачивает {words.clubs(reached.limit)} {direction}, больше муниципалитет не оплачивает"


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


def _waiting(expectation: Expectation, shares: Split) -> list[str]:
    """What the certificate waits for; where it will pay nothing, its money is not spoken of."""
    if expectation.policy is None:
        return ["Сейчас программа финансирования для ребёнка не открыта, поэтому сертификат не оплачивает занятия."]
    if expectation.queue_position is None or not shares.certificate.minor:
        return []
    return [
        f"Бюджет сейчас исчерпан, сертификат ждёт денег; его место в очереди: {expectation.queue_position}. "
        "Ребёнок может заниматься, но занятия до дня зачисления денег сертификат не покрывает; "
        "цена договора и доли считаются с этого дня, по правилам программы, которые тогда действуют."
    ]
