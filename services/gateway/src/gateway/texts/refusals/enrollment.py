"""Applications, enrolments, lessons and attendance."""

from gateway.texts.wording import Wording, Wordings

ENROLLMENT: Wordings = {
    "age_not_fit": Wording(
        "On the day of the first lesson the child is younger or older than the group's ages.",
        "Группа для детей от {age_min} до {age_max} лет на день первого занятия ({first_lesson_on}). Выберите другую.",
        "The group is for ages {age_min} to {age_max} on the day of the first lesson ({first_lesson_on}). "
        "Choose another.",
    ),
    "already_enrolled": Wording(
        "The child has a live application or enrolment in the same module.",
        "Ребёнок уже занимается по этому модулю или ждёт места. Найдите его заявку в списке заявок.",
        "The child has a place in this module already, or waits for one. See the list of applications.",
    ),
    "application_not_found": Wording(
        "There is no such application, or it is not the caller's.",
        "Такой заявки у вас нет. Откройте список заявок.",
        "You have no such application. See the list of applications.",
    ),
    "enrolment_closed": Wording(
        "The group's enrolment has ended.",
        "Приём в группу закончился {closes_at}. Выберите другую группу.",
        "Enrolment ended at {closes_at}. Choose another group.",
    ),
    "enrolment_not_open": Wording(
        "The group's enrolment has not begun; a draft is sent by itself when it does.",
        "Приём в группу откроется {opens_at_local}. Сохраните черновик: он уйдёт сам в эту минуту.",
        "Enrolment opens at {opens_at_local}. Save a draft: it is sent by itself at that minute.",
    ),
    "group_closed": Wording(
        "The group is not published: closed, or not ready yet.",
        "Группа закрыта для приёма. Выберите другую.",
        "The group takes no children. Choose another.",
    ),
    "no_lessons_left": Wording(
        "No lesson of the group is ahead, or none within the funding period.",
        "В группе не осталось занятий. Выберите другую группу.",
        "The group has no lessons ahead. Choose another.",
    ),
    "offer_already_used": Wording(
        "An application was sent with this offer before.",
        "По этому предложению заявка уже отправлена. Запросите новое.",
        "An application was already sent with this offer. Ask for a new one.",
    ),
    "offer_expired": Wording(
        "The offer's `expires_at` has passed.",
        "Предложение действовало до {expires_at}. Запросите новое.",
        "The offer was good until {expires_at}. Ask for a new one.",
    ),
    "offer_not_found": Wording(
        "There is no such offer, or another guardian asked for it.",
        "Такого предложения у вас нет. Запросите новое.",
        "You have no such offer. Ask for a new one.",
    ),
    "offer_of_another_child": Wording(
        "The offer was made for another child.",
        "Предложение сделано для другого ребёнка. Запросите новое для этого.",
        "The offer was made for another child. Ask for one for this child.",
    ),
    "offer_of_another_group": Wording(
        "The offer was made for another group.",
        "Предложение сделано для другой группы. Запросите новое для этой.",
        "The offer was made for another group. Ask for one for this group.",
    ),
    "terms_changed": Wording(
        "The group's terms have changed since the offer.",
        "Условия группы изменились после предложения. Запросите новое и посмотрите его.",
        "The group's terms have changed since the offer. Ask for a new one and look at it.",
    ),
    "transition_not_allowed": Wording(
        "The application's status does not allow the step.",
        "Состояние заявки ({status}) этого не допускает. Обновите страницу и посмотрите, что с ней стало.",
        "The application's status ({status}) does not allow it. Refresh, and see what became of it.",
    ),
    "provider_suspended": Wording(
        "The region has suspended the group's provider; those enrolled go on.",
        "Поставщик сейчас не принимает новых детей: его деятельность приостановил оператор региона. Выберите другого.",
        "The provider takes no new children: the regional operator has suspended it. Choose another.",
    ),
    "withdrawal_date_not_allowed": Wording(
        "The last day lies before today or after the group's end.",
        "Последний день — с {earliest_on} по {latest_on}. Выберите другой.",
        "The last day lies between {earliest_on} and {latest_on}. Choose another.",
    ),
    "draft_exists": Wording(
        "A draft for this child and group is kept already.",
        "Черновик заявки в эту группу для ребёнка уже есть. Найдите его в списке заявок.",
        "A draft for this child and group is kept already. See the list of applications.",
    ),
    "place_deadline_passed": Wording(
        "The place was kept for the family, or for the provider's decision, until some time ago.",
        "Место ждало до {deadline_at}, срок прошёл. Подайте новую заявку.",
        "The place was kept until {deadline_at}, which has passed. Apply again.",
    ),
}

JOURNAL: Wordings = {
    "lesson_in_future": Wording(
        "Marks come before the lesson's local day.",
        "Занятие {lesson_on} ещё не наступило: отметки ставят в его день или позже.",
        "The lesson on {lesson_on} has not come yet: marks are set on its day or later.",
    ),
    "lesson_not_found": Wording(
        "There is no such lesson, or another provider holds it.",
        "Такого занятия у вас нет. Откройте расписание группы.",
        "You have no such lesson. See the group's timetable.",
    ),
    "journal_closed": Wording(
        "More than 14 local days have passed since the lesson.",
        "Журнал занятия {lesson_on} закрыт: отметки принимались до {closed_after}. Обратитесь к оператору региона.",
        "The page of the lesson on {lesson_on} is closed: marks were taken until {closed_after}. Ask the region.",
    ),
    "lesson_cancelled": Wording(
        "The lesson was cancelled before.",
        "Занятие {lesson_on} отменено: отметить или перенести его нельзя. Откройте другое.",
        "The lesson on {lesson_on} is cancelled: it can be neither marked nor moved. Open another.",
    ),
    "lesson_marked": Wording(
        "A lesson with marks on its page is to be moved.",
        "Занятие {lesson_on} уже отмечено, значит, состоялось: перенести его нельзя. Перенесите другое.",
        "The lesson on {lesson_on} is marked, so it was held: it cannot be moved. Move another.",
    ),
    "lesson_overlaps": Wording(
        "A lesson is to be moved onto another lesson of the same group.",
        "В это время у группы уже есть занятие ({starts_at}). Выберите другое время.",
        "The group has a lesson then ({starts_at}). Choose another time.",
    ),
    "lesson_time_passed": Wording(
        "A lesson is to be moved to an hour that has passed.",
        "Новое время ({starts_at}) уже прошло. Выберите время впереди.",
        "The new time ({starts_at}) has passed. Choose one ahead.",
    ),
    "outside_group_dates": Wording(
        "A lesson is to be moved before the group's first day or after its last.",
        "Группа занимается с {starts_on} по {ends_on}. Выберите день между ними.",
        "The group meets from {starts_on} to {ends_on}. Choose a day between.",
    ),
    "stale_page": Wording(
        "The page has another version than If-Match names.",
        "Страницу тем временем изменил кто-то другой. Откройте её заново, проверьте отметки и сохраните ещё раз.",
        "Somebody has changed the page meanwhile. Open it again, check the marks, and save once more.",
    ),
}
