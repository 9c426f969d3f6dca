"""Offers, money, contracts and messages."""

from gateway.texts.wording import Wording, Wordings

BILLING: Wordings = {
    "amount_not_positive": Wording(
        "An amount of money to give is zero or less.",
        "Сумма должна быть больше нуля. Исправьте её.",
        "The amount must be greater than zero. Mend it.",
    ),
    "child_over_age": Wording(
        "At the first lesson the child would be 18 or older.",
        "Сертификаты — для детей от 5 до 17 лет включительно; на первом занятии ребёнку будет {age}.",
        "Certificates are for children of 5 to 17; at the first lesson the child will be {age}.",
    ),
    "child_under_age": Wording(
        "At the first lesson the child would be younger than 5.",
        "Сертификаты — для детей от 5 до 17 лет включительно; на первом занятии ребёнку будет {age}. "
        "Выберите группу, которая начнётся позже.",
        "Certificates are for children of 5 to 17; at the first lesson the child will be {age}. "
        "Choose a group that begins later.",
    ),
    "copayment_not_allowed": Wording(
        "The certificate cannot pay the whole price and the municipality allows no co-payment.",
        "Денег сертификата не хватает, а доплата семьи в муниципалитете не предусмотрена. Выберите другую группу.",
        "The certificate is short, and the municipality does not allow co-payment. Choose another group.",
    ),
    "clubs_limit_reached": Wording(
        "The certificate pays for as many clubs at once as the municipality allows, and it allows no co-payment.",
        "Сертификат уже оплачивает столько кружков одновременно, сколько разрешает муниципалитет (предел — {limit}), а "
        "доплата семьи не предусмотрена. Выберите бесплатную группу или дождитесь, пока закончится другой кружок.",
        "The certificate already pays for as many clubs at once as the municipality allows (its limit is {limit}), and "
        "co-payment is not allowed. Choose a free group, or wait until another club ends.",
    ),
    "direction_limit_reached": Wording(
        "The certificate pays for as many clubs of the direction at once as the municipality allows, or for none at "
        "all, and it allows no co-payment.",
        "Этот кружок направленности «{direction}» сертификат не оплатит: предел муниципалитета на одновременно "
        "оплачиваемые кружки этой направленности — {limit}, а доплата семьи не предусмотрена. Выберите группу другой "
        "направленности или бесплатную.",
        "The certificate will not pay for this club of the direction “{direction}”: the municipality's limit of such "
        "clubs at once is {limit}, and co-payment is not allowed. Choose a group of another direction, or a free one.",
    ),
    "funding_programme_not_found": Wording(
        "There is no such funding programme, or it is another municipality's.",
        "Такой программы ПФ у вас нет. Выберите её из списка бюджетов.",
        "You have no such funding programme. Choose one from the list of budgets.",
    ),
    "message_not_found": Wording(
        "There is no such message, or it is somebody else's.",
        "Такого сообщения у вас нет. Обновите список сообщений.",
        "There is no such message in your inbox. Refresh the list.",
    ),
    "no_funding_period": Wording(
        "No funding period holds the first day of lessons, or the municipality has no rules for it.",
        "На первый день занятий ({on}) период финансирования не открыт. Выберите группу с другими датами.",
        "No funding period holds the first day ({on}). Choose a group with other dates.",
    ),
    "region_mismatch": Wording(
        "The child and the group belong to different regions.",
        "Группа другого региона ({region_code}): сертификат действует в своём. Выберите группу своего региона.",
        "The group belongs to another region ({region_code}). Choose a group of your own.",
    ),
    "terms_invalid": Wording(
        "The group's terms contradict each other.",
        "Условия группы противоречивы: сообщите поставщику.",
        "The group's terms contradict themselves: tell the provider.",
    ),
    "unit_mismatch": Wording(
        "The amount is in another unit than the budget.",
        "Единица суммы не та, что у бюджета. Укажите сумму в единице бюджета.",
        "The budget has another unit. Give the amount in the budget's unit.",
    ),
    "certificate_expired": Wording(
        "An offer for a group with a price is asked for a certificate that has expired; free groups are open.",
        "Срок действия сертификата закончился: он действует до 18 лет. Выберите бесплатную группу.",
        "The certificate has expired: it lasts to the 18th birthday. Choose a free group.",
    ),
    "certificate_frozen": Wording(
        "An offer for a group with a price is asked for a frozen certificate; free groups are open.",
        "Сертификат заморожен. Выберите бесплатную группу или узнайте в муниципалитете, когда его разморозят.",
        "The certificate is frozen. Choose a free group, or ask the municipality when it will work again.",
    ),
    "certificate_revoked": Wording(
        "An offer for a group with a price is asked for a revoked certificate; free groups are open.",
        "Сертификат аннулирован. Выберите бесплатную группу или обратитесь в муниципалитет.",
        "The certificate is revoked. Choose a free group, or ask the municipality.",
    ),
    "closes_too_early": Wording(
        "A period would close before its last day is over.",
        "Период закрывается не раньше конца своего последнего дня. Исправьте время закрытия.",
        "A period closes after its last day. Mend the closing time.",
    ),
    "dates_reversed": Wording(
        "A period would end before it begins.",
        "Период заканчивается не раньше, чем начинается. Исправьте даты.",
        "A period ends after it begins. Mend the dates.",
    ),
    "funding_period_not_found": Wording(
        "There is no such funding period in the caller's region.",
        "Такого периода финансирования в регионе нет. Выберите его из списка.",
        "The region has no such funding period. Choose one from the list.",
    ),
    "period_ended": Wording(
        "Rules are set, or money is given, for a period whose last day has passed.",
        "Период закончился {ends_on}. Выберите действующий период.",
        "The period ended on {ends_on}. Choose one that lasts.",
    ),
    "period_not_adjacent": Wording(
        "A new period does not begin on the day after the last one ends.",
        "Периоды идут друг за другом без перерывов: последний заканчивается {last_ends_on}. Начните новый на следующий "
        "день.",
        "Periods follow each other without a gap: the last one ends on {last_ends_on}. Begin the new one a day later.",
    ),
    "time_zone_needed": Wording(
        "A region's first period is set without the region's time zone.",
        "Для первого периода региона нужен его часовой пояс, например Asia/Irkutsk. Укажите его.",
        "The region's first period needs its time zone, such as Asia/Irkutsk. Give it.",
    ),
    "valid_from_leaves_gap": Wording(
        "A programme's first rules would begin after the period does.",
        "Первые правила действуют с начала периода, {earliest}. Исправьте дату.",
        "The first rules hold from the period's first day, {earliest}. Mend the date.",
    ),
    "valid_from_outside_period": Wording(
        "New rules would begin on a day outside their period.",
        "Правила действуют внутри своего периода. Выберите дату в нём.",
        "Rules hold within their period. Choose a day in it.",
    ),
    "valid_from_too_early": Wording(
        "New rules would begin before today or before a version that stands.",
        "Новые правила могут действовать не раньше {earliest}. Исправьте дату.",
        "New rules can hold from {earliest} on. Mend the date.",
    ),
    "contract_not_found": Wording(
        "The enrolment is not one of the caller's children, or has no contract yet.",
        "Такого договора у вас нет: он появляется сам через несколько секунд после зачисления. Обновите страницу.",
        "You have no such contract: it appears by itself within seconds of the enrolment. Refresh the page.",
    ),
    "contract_not_waiting": Wording(
        "A price is accepted or refused for a contract that awaits no acceptance.",
        "Договор не ждёт вашего решения (состояние: {state}). Обновите страницу.",
        "The contract does not wait for your word (its state: {state}). Refresh the page.",
    ),
}
