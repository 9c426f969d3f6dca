"""The catalogue: what families look at, what providers change, and what filling it may be refused with."""

from gateway.texts.wording import Wording, Wordings

CATALOG: Wordings = {
    "group_not_found": Wording(
        "There is no such group, or it is not the caller's to see.",
        "Такой группы нет. Найдите группу в каталоге.",
        "There is no such group. Look for one in the catalogue.",
    ),
    "programme_not_found": Wording(
        "There is no such programme.",
        "Такой программы нет. Найдите другую в каталоге.",
        "There is no such programme. Look for another in the catalogue.",
    ),
    "provider_not_found": Wording(
        "There is no such provider in the caller's region.",
        "Такого поставщика в вашем регионе нет. Выберите его из списка.",
        "There is no such provider in your region. Choose one from the list.",
    ),
    "enrolment_dates_wrong": Wording(
        "Enrolment would close before it opens, or after the group's last day.",
        "Приём закрывается после открытия и не позже последнего дня группы. Исправьте даты.",
        "Enrolment closes after it opens and not after the last day. Mend the dates.",
    ),
    "price_negative": Wording(
        "A price is below zero.",
        "Цена не меньше нуля. Исправьте цену.",
        "A price is zero or more. Mend the price.",
    ),
    "price_units_differ": Wording(
        "Price and normative price are in different units.",
        "Цена и нормативная цена — в одной единице. Укажите цену в той же единице.",
        "Price and normative price have one unit. Give the price in the same unit.",
    ),
    "decision_reason_wrong": Wording(
        "The reason does not fit the decision: `cleared` admits, others suspend, `own_request` does either.",
        "Причина не подходит к решению: «cleared» — для допуска, остальные — для приостановки. Выберите другую.",
        "The reason does not fit: `cleared` admits a provider, the others suspend it. Choose another.",
    ),
    "exception_outside_dates": Wording(
        "A skipped date or an extra lesson lies outside the group's dates.",
        "Исключение из расписания ({on}) — вне дат группы. Исправьте его.",
        "An exception of the timetable ({on}) lies outside the group's dates. Mend it.",
    ),
    "group_without_lessons": Wording(
        "No lesson of the timetable falls between the group's dates.",
        "Между датами группы нет ни одного занятия. Исправьте даты или расписание.",
        "No lesson falls between the dates. Mend the dates or the timetable.",
    ),
    "timetable_overlaps": Wording(
        "Two lessons of one day overlap.",
        "Два занятия одного дня пересекаются. Исправьте часы.",
        "Two lessons of one day overlap. Mend the hours.",
    ),
    "timetable_times_reversed": Wording(
        "A lesson ends before it begins.",
        "Занятие заканчивается позже, чем начинается, в тот же день. Исправьте часы.",
        "A lesson ends after it begins, on the same day. Mend the hours.",
    ),
}

PUBLISHING: Wordings = {
    "ages_wrong": Wording(
        "A programme's ages are out of bounds or reversed.",
        "Возраст — от {lowest} до {highest} лет. Исправьте границы.",
        "Ages go from {lowest} to {highest}. Mend the bounds.",
    ),
    "capacity_negative": Wording(
        "A group's capacity is below zero.",
        "Мест в группе не меньше нуля. Исправьте число мест.",
        "A group's capacity is zero or more. Mend the number.",
    ),
    "direction_unknown": Wording(
        "A programme's direction or state is none of the list.",
        "Такой направленности нет. Выберите одну из шести.",
        "There is no such direction. Choose one of the six.",
    ),
    "group_dates_wrong": Wording(
        "A group ends before it starts, or more than a year later.",
        "Группа заканчивается после начала и не позже чем через год. Исправьте даты.",
        "A group ends after it starts, within a year. Mend the dates.",
    ),
    "group_of_another_module": Wording(
        "A published group is given another module.",
        "Группа остаётся в своём модуле. Заведите новую группу.",
        "A group stays in its module. Make a new group.",
    ),
    "group_state_unknown": Wording(
        "A group's admission or state is none of the list.",
        "Такого состояния группы нет. Выберите состояние из списка.",
        "There is no such group state. Choose one of the list.",
    ),
    "inn_wrong": Wording(
        "A provider's taxpayer number is wrong.",
        "ИНН — десять или двенадцать цифр. Проверьте номер по документам.",
        "A taxpayer's number is ten or twelve digits. Check it against the documents.",
    ),
    "module_not_found": Wording(
        "A group names a module that does not exist.",
        "Такого модуля нет. Сначала опубликуйте его программу.",
        "There is no such module. Publish its programme first.",
    ),
    "municipality_code_wrong": Wording(
        "A municipality's OKTMO code is not eight digits.",
        "Код ОКТМО — восемь цифр. Исправьте код.",
        "An OKTMO code is eight digits. Mend the code.",
    ),
    "municipality_not_found": Wording(
        "A provider or group names a municipality that the region does not have.",
        "В регионе нет такого муниципалитета. Выберите его из списка.",
        "The region has no such municipality. Choose one of the list.",
    ),
    "payer_code_taken": Wording(
        "Another municipality of the region has the payer code.",
        "Этот код плательщика уже занят. Возьмите свободный.",
        "Another municipality has this payer code. Take a free one.",
    ),
    "payer_code_wrong": Wording(
        "A payer code is not two digits.",
        "Код плательщика — две цифры. Исправьте код.",
        "A payer's code is two digits. Mend the code.",
    ),
    "provider_kind_unknown": Wording(
        "A provider's kind or state is none of the list.",
        "Такого вида поставщика нет. Выберите вид из списка.",
        "There is no such kind of provider. Choose one of the list.",
    ),
    "region_code_wrong": Wording(
        "A region's code is not two digits.",
        "Код региона — две цифры. Исправьте код.",
        "A region's code is two digits. Mend the code.",
    ),
    "region_not_found": Wording(
        "Something is published for a region that the installation does not have.",
        "Такой регион здесь не работает. Сначала опубликуйте регион.",
        "There is no such region here. Publish the region first.",
    ),
    "region_time_zone_fixed": Wording(
        "A published region is given another time zone.",
        "Часовой пояс региона не меняется. Оставьте прежний.",
        "A region keeps its time zone. Leave it as it was.",
    ),
    "teacher_of_another_provider": Wording(
        "A group names a teacher who works for another provider.",
        "Педагоги группы работают у её поставщика. Выберите другого педагога.",
        "A group's teachers work for its provider. Choose another teacher.",
    ),
    "time_zone_unknown": Wording(
        "A time zone is no IANA name.",
        "Такого часового пояса нет. Укажите имя IANA, например Asia/Irkutsk.",
        "There is no such time zone. Give an IANA name such as Asia/Irkutsk.",
    ),
    "timetable_empty": Wording(
        "A group has no weekly lesson.",
        "Нужно хотя бы одно занятие в неделю. Добавьте его в расписание.",
        "At least one weekly lesson is needed. Add it to the timetable.",
    ),
    "timetable_weekday_unknown": Wording(
        "A weekday is not 1 to 7.",
        "Дни недели — от 1 (понедельник) до 7 (воскресенье). Исправьте день.",
        "Weekdays are 1 (Monday) to 7 (Sunday). Mend the day.",
    ),
    "group_announced": Wording(
        "A published or closed group would become a draft again.",
        "Опубликованная группа не может снова стать черновиком. Закройте её.",
        "A group that was announced cannot become a draft again. Close it.",
    ),
    "module_unit_fixed": Wording(
        "A published module is given another unit.",
        "Единица модуля (рубли или часы) не меняется. Заведите новый модуль.",
        "A module keeps its unit. Make a new module.",
    ),
    "ogrn_wrong": Wording(
        "A provider's register number is wrong.",
        "ОГРН — тринадцать цифр, у предпринимателя пятнадцать. Проверьте номер по документам.",
        "A register number has thirteen digits, an entrepreneur's fifteen. Check it against the documents.",
    ),
}
