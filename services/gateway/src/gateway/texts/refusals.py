"""Titles by status, and a sentence or two for each code: (Russian, English). Braces name facts of the refusal."""

TITLES: dict[int, tuple[str, str]] = {
    400: ("Запрос составлен неверно", "The request is malformed"),
    401: ("Нужно войти", "Sign-in is needed"),
    403: ("Нет прав", "Not allowed"),
    404: ("Не найдено", "Not found"),
    405: ("Метод не поддерживается", "Method not allowed"),
    409: ("Сейчас это невозможно", "Not possible now"),
    413: ("Слишком большой запрос", "The request is too large"),
    415: ("Неподдерживаемый тип содержимого", "Unsupported content type"),
    422: ("Правила этого не допускают", "The rules do not allow it"),
    500: ("Ошибка на нашей стороне", "An error on our side"),
    503: ("Сервис временно недоступен", "Temporarily unavailable"),
}
_LATER = (
    "Сервис сейчас не отвечает. Повторите запрос через несколько секунд с тем же ключом: дважды ничего не произойдёт.",
    "The service does not answer now. Repeat in a few seconds with the same key: nothing will happen twice.",
)

EDGE: dict[str, tuple[str, str]] = {
    "body_missing": ("В запросе нет тела. Отправьте объект JSON.", "The request has no body. Send a JSON object."),
    "body_too_large": ("Тело запроса больше 256 КиБ.", "The body is larger than 256 KiB."),
    "broker_unavailable": _LATER,
    "content_type_unsupported": (
        "Отправьте тело в формате JSON с заголовком Content-Type: application/json.",
        "Send JSON with Content-Type: application/json.",
    ),
    "busy": _LATER,
    "database_unavailable": _LATER,
    "deadline_passed": _LATER,
    "idempotency_key_invalid": (
        "Ключ Idempotency-Key — от 1 до 200 видимых символов ASCII.",
        "An Idempotency-Key is 1 to 200 visible ASCII characters.",
    ),
    "idempotency_key_missing": (
        "Нужен заголовок Idempotency-Key: новый ключ для каждого нового действия, тот же — для повтора.",
        "The Idempotency-Key header is needed: a new key for each new action, the same for a repeat.",
    ),
    "idempotency_key_reused": (
        "С этим ключом уже пришёл другой запрос. Для нового действия возьмите новый ключ.",
        "Another request came with this key. Use a new key for a new action.",
    ),
    "internal_error": (
        "Что-то сломалось у нас. Мы записали ошибку; назовите её номер, если обратитесь в поддержку.",
        "Something broke on our side. It is recorded; name the correlation id if you ask for help.",
    ),
    "invalid_cursor": (
        "Передайте next_cursor предыдущей страницы без изменений.",
        "Give the next_cursor of the page before as it came.",
    ),
    "request_too_long": ("Запрос слишком большой: сократите его.", "The request is too long; shorten it."),
    "stopping": (
        "Служба перезапускается. Повторите запрос через несколько секунд.",
        "The service is restarting. Send the request again in a few seconds.",
    ),
    "invalid_request": ("Проверьте поля запроса.", "Check the request's fields."),
    "json_malformed": (
        "Тело запроса — не строгий JSON: нужны UTF-8, неповторяющиеся имена, обычные числа, не больше 32 уровней.",
        "The body is not strict JSON: UTF-8, no name twice, plain numbers, at most 32 levels deep.",
    ),
    "malformed_request": ("Запрос составлен неверно.", "The request is malformed."),
    "method_not_allowed": ("По этому адресу такой метод не работает.", "This path does not answer to this method."),
    "method_not_found": _LATER,
    "neighbour_not_answering": _LATER,
    "neighbour_timed_out": (
        "Ответа не дождались; неизвестно, выполнен ли запрос. Повторите с тем же ключом или спросите "
        "/api/v1/operations/{{ключ}}.",
        "No answer came in time and the outcome is unknown. Repeat with the same key or ask "
        "/api/v1/operations/{{key}}.",
    ),
    "operation_in_flight": (
        "Запрос с этим ключом ещё выполняется. Повторите через секунду.",
        "A request with this key is being carried out. Repeat in a second.",
    ),
    "operation_unknown": (
        "С таким ключом ничего не приходило: запрос можно отправить снова.",
        "Nothing came with this key: the request can be sent again.",
    ),
    "overloaded": _LATER,
    "path_unknown": ("Такого адреса нет.", "There is no such path."),
    "request_malformed": ("Запрос составлен неверно.", "The request is malformed."),
    "role_not_allowed": ("Это действие не для вашей роли.", "Your role may not do this."),
    "service_unknown": _LATER,
    "token_expired": ("Срок действия входа истёк. Обновите его.", "The access token has expired. Refresh it."),
    "token_invalid": ("Ключ доступа не подходит. Войдите снова.", "The access token is not valid. Sign in again."),
    "token_missing": (
        "Нужен заголовок Authorization: Bearer с ключом доступа.",
        "An Authorization: Bearer header with an access token is needed.",
    ),
    "too_many_calls": _LATER,
}

ACCOUNTS: dict[str, tuple[str, str]] = {
    "child_already_registered": (
        "Этот ребёнок уже зарегистрирован. Если это ваш ребёнок, а вы его не регистрировали, обратитесь к оператору "
        "региона.",
        "This child is registered already. If it is yours and you did not register it, ask the regional operator.",
    ),
    "child_not_found": ("Такого ребёнка среди ваших нет.", "There is no such child in your family."),
    "confirmation_invalid": (
        "Ссылка неверна или старше 24 часов. Зарегистрируйтесь ещё раз, придёт новая.",
        "The link is wrong or older than 24 hours. Register once more to get a new one.",
    ),
    "credentials_invalid": (
        "Неверный адрес электронной почты или пароль.",
        "The e-mail address or the password is wrong.",
    ),
    "email_already_confirmed": ("Адрес уже подтверждён.", "The address is confirmed already."),
    "email_not_confirmed": (
        "Адрес ещё не подтверждён: откройте ссылку из письма.",
        "The address is not confirmed yet: open the link in the mail.",
    ),
    "family_not_found": ("Такой семьи нет.", "There is no such family."),
    "invalid_birth_date": (
        "Ребёнок уже родился и ему нет 18 лет: проверьте дату рождения.",
        "The child is born already and under 18: check the birth date.",
    ),
    "invalid_name": (
        "Имя состоит из букв; допустимы дефис, апостроф и пробел.",
        "A name is made of letters, with hyphens, apostrophes and spaces.",
    ),
    "invalid_snils": ("Контрольные цифры СНИЛС не сходятся.", "The control digits of the SNILS do not agree."),
    "no_provider": ("Учётная запись не связана с поставщиком.", "This account belongs to no provider."),
    "person_not_found": ("Такой учётной записи нет.", "There is no such account."),
    "session_over": ("Сеанс завершён. Войдите снова.", "The session is over. Sign in again."),
    "too_many_attempts": (
        "Слишком много неудачных попыток. Попробуйте через {retry_after_seconds} с.",
        "Too many failed attempts. Try again in {retry_after_seconds} s.",
    ),
    "unknown_municipality": ("В регионе нет такого муниципалитета.", "The region has no such municipality."),
    "unknown_region": ("Такой регион здесь не работает.", "There is no such region here."),
}

CATALOG: dict[str, tuple[str, str]] = {
    "ages_wrong": ("Возраст — от {lowest} до {highest} лет.", "Ages go from {lowest} to {highest}."),
    "capacity_negative": ("Мест в группе не меньше нуля.", "A group's capacity is zero or more."),
    "direction_unknown": ("Такой направленности нет.", "There is no such direction."),
    "enrolment_dates_wrong": (
        "Приём закрывается после открытия и не позже последнего дня группы.",
        "Enrolment closes after it opens and not after the last day.",
    ),
    "group_dates_wrong": (
        "Группа заканчивается после начала и не позже чем через год.",
        "A group ends after it starts, within a year.",
    ),
    "group_not_found": ("Такой группы нет.", "There is no such group."),
    "group_of_another_module": ("Группа остаётся в своём модуле.", "A group stays in its module."),
    "group_state_unknown": ("Такого состояния группы нет.", "There is no such group state."),
    "group_without_lessons": ("Между датами группы нет ни одного занятия.", "No lesson falls between the dates."),
    "inn_wrong": ("ИНН — десять или двенадцать цифр.", "A taxpayer's number is ten or twelve digits."),
    "module_not_found": ("Такого модуля нет.", "There is no such module."),
    "municipality_code_wrong": ("Код ОКТМО — восемь цифр.", "An OKTMO code is eight digits."),
    "municipality_not_found": ("В регионе нет такого муниципалитета.", "The region has no such municipality."),
    "payer_code_taken": ("Этот код плательщика уже занят.", "Another municipality has this payer code."),
    "payer_code_wrong": ("Код плательщика — две цифры.", "A payer's code is two digits."),
    "price_negative": ("Цена не меньше нуля.", "A price is zero or more."),
    "price_units_differ": (
        "Цена и нормативная цена — в одной единице.",
        "Price and normative price have one unit.",
    ),
    "programme_not_found": ("Такой программы нет.", "There is no such programme."),
    "provider_kind_unknown": ("Такого вида поставщика нет.", "There is no such kind of provider."),
    "provider_not_found": ("Такого поставщика нет.", "There is no such provider."),
    "region_code_wrong": ("Код региона — две цифры.", "A region's code is two digits."),
    "region_not_found": ("Такой регион здесь не работает.", "There is no such region here."),
    "region_time_zone_fixed": ("Часовой пояс региона не меняется.", "A region keeps its time zone."),
    "teacher_of_another_provider": (
        "Педагоги группы работают у её поставщика.",
        "A group's teachers work for its provider.",
    ),
    "time_zone_unknown": ("Такого часового пояса нет.", "There is no such time zone."),
    "timetable_empty": ("Нужно хотя бы одно занятие в неделю.", "At least one weekly lesson is needed."),
    "timetable_overlaps": ("Два занятия одного дня пересекаются.", "Two lessons of one day overlap."),
    "timetable_times_reversed": (
        "Занятие заканчивается позже, чем начинается, в тот же день.",
        "A lesson ends after it begins, on the same day.",
    ),
    "timetable_weekday_unknown": (
        "Дни недели — от 1 (понедельник) до 7 (воскресенье).",
        "Weekdays are 1 (Monday) to 7 (Sunday).",
    ),
}

ENROLLMENT: dict[str, tuple[str, str]] = {
    "age_not_fit": (
        "Группа для детей от {age_min} до {age_max} лет на день первого занятия ({first_lesson_on}).",
        "The group is for ages {age_min} to {age_max} on the day of the first lesson ({first_lesson_on}).",
    ),
    "already_enrolled": (
        "Ребёнок уже занимается по этому модулю или ждёт места. Найдите его заявку в списке заявок.",
        "The child has a place in this module already, or waits for one. See the list of applications.",
    ),
    "application_not_found": ("Такой заявки среди ваших нет.", "There is no such application of yours."),
    "enrolment_closed": ("Приём в группу закончился {closes_at}.", "Enrolment ended at {closes_at}."),
    "enrolment_not_open": ("Приём в группу откроется {opens_at}.", "Enrolment opens at {opens_at}."),
    "group_closed": ("Группа закрыта для приёма. Выберите другую.", "The group takes no children. Choose another."),
    "lesson_in_future": (
        "Занятие {lesson_on} ещё не наступило: отметки ставят в его день или позже.",
        "The lesson on {lesson_on} has not come yet: marks are set on its day or later.",
    ),
    "lesson_not_found": ("Такого занятия у вас нет.", "You have no such lesson."),
    "no_lessons_left": ("В группе не осталось занятий.", "The group has no lessons ahead."),
    "offer_already_used": (
        "По этому предложению заявка уже отправлена. Запросите новое.",
        "An application was already sent with this offer. Ask for a new one.",
    ),
    "offer_expired": (
        "Предложение действовало до {expires_at}. Запросите новое.",
        "The offer was good until {expires_at}. Ask for a new one.",
    ),
    "offer_not_found": ("Такого предложения нет.", "There is no such offer."),
    "offer_of_another_child": ("Предложение сделано для другого ребёнка.", "The offer was made for another child."),
    "offer_of_another_group": ("Предложение сделано для другой группы.", "The offer was made for another group."),
    "terms_changed": (
        "Условия группы изменились после предложения. Запросите новое.",
        "The group's terms have changed since the offer. Ask for a new one.",
    ),
    "terms_not_known_yet": (
        "Новые условия группы ещё не дошли. Повторите через несколько секунд.",
        "The group's new terms have not arrived yet. Repeat in a few seconds.",
    ),
    "transition_not_allowed": (
        "Состояние заявки ({status}) этого не допускает.",
        "The application's status ({status}) does not allow it.",
    ),
}

MONEY_AND_MESSAGES: dict[str, tuple[str, str]] = {
    "amount_not_positive": ("Сумма должна быть больше нуля.", "The amount must be greater than zero."),
    "certificate_not_issued": (
        "Сертификата ещё нет: он появляется сам в течение нескольких секунд после зачисления.",
        "There is no certificate yet: it appears by itself within seconds of the enrolment.",
    ),
    "child_over_age": (
        "Сертификаты — для детей от 5 до 17 лет включительно; на первом занятии ребёнку будет {age}.",
        "Certificates are for children of 5 to 17; at the first lesson the child will be {age}.",
    ),
    "child_under_age": (
        "Сертификаты — для детей от 5 до 17 лет включительно; на первом занятии ребёнку будет {age}.",
        "Certificates are for children of 5 to 17; at the first lesson the child will be {age}.",
    ),
    "copayment_not_allowed": (
        "Денег сертификата не хватает, а доплата семьи в вашем муниципалитете не предусмотрена.",
        "The certificate is short, and the municipality does not allow co-payment.",
    ),
    "funding_programme_not_found": ("Такой программы ПФ у вас нет.", "You have no such funding programme."),
    "message_not_found": ("Такого сообщения у вас нет.", "There is no such message in your inbox."),
    "no_funding_period": (
        "На первый день занятий ({on}) период финансирования не открыт.",
        "No funding period holds the first day ({on}).",
    ),
    "region_mismatch": (
        "Группа другого региона ({region_code}): сертификат действует в своём.",
        "The group belongs to another region ({region_code}).",
    ),
    "terms_invalid": ("Условия группы противоречивы: сообщите поставщику.", "The group's terms contradict themselves."),
    "unit_mismatch": ("Единица суммы не та, что у бюджета.", "The budget has another unit."),
}

REFUSALS: dict[str, tuple[str, str]] = EDGE | ACCOUNTS | CATALOG | ENROLLMENT | MONEY_AND_MESSAGES
