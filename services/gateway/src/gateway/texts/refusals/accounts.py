"""People, children and claims."""

from gateway.texts.wording import Wording, Wordings

ACCOUNTS: Wordings = {
    "child_already_registered": Wording(
        "The caller's own child has this name and birth date, or this insurance number.",
        "Этот ребёнок у вас уже зарегистрирован: откройте список детей.",
        "You have registered this child already: see the list of children.",
    ),
    "child_not_found": Wording(
        "There is no such child, or it is not the caller's.",
        "Такого ребёнка среди ваших нет. Выберите ребёнка из списка или зарегистрируйте его.",
        "There is no such child in your family. Choose one from the list, or register it.",
    ),
    "confirmation_invalid": Wording(
        "The confirmation token is unknown, used, or older than 24 hours.",
        "Ссылка неверна или старше 24 часов. Зарегистрируйтесь ещё раз, придёт новая.",
        "The link is wrong or older than 24 hours. Register once more to get a new one.",
    ),
    "email_not_confirmed": Wording(
        "The password is right and the address was never confirmed.",
        "Адрес ещё не подтверждён: откройте ссылку из письма, затем войдите.",
        "The address is not confirmed yet: open the link in the mail, then sign in.",
    ),
    "invalid_birth_date": Wording(
        "The child is not born yet, or is 18 or older.",
        "Ребёнок уже родился и ему нет 18 лет: проверьте дату рождения.",
        "The child is born already and under 18: check the birth date.",
    ),
    "invalid_name": Wording(
        "A name holds something else than letters, hyphens, apostrophes and spaces.",
        "Имя состоит из букв; допустимы дефис, апостроф и пробел. Исправьте его.",
        "A name is made of letters, with hyphens, apostrophes and spaces. Mend it.",
    ),
    "invalid_snils": Wording(
        "The control digits of the insurance number do not agree.",
        "Контрольные цифры СНИЛС не сходятся. Проверьте номер по документу.",
        "The control digits of the SNILS do not agree. Check the number against the document.",
    ),
    "person_not_found": Wording(
        "The token's account no longer exists.",
        "Такой учётной записи нет. Войдите снова или зарегистрируйтесь.",
        "There is no such account. Sign in again, or register.",
    ),
    "unknown_municipality": Wording(
        "The region has no municipality with this OKTMO code.",
        "В регионе нет такого муниципалитета. Выберите его из списка.",
        "The region has no such municipality. Choose one from the list.",
    ),
    "unknown_region": Wording(
        "The installation does not work for this region.",
        "Такой регион здесь не работает. Выберите регион из списка.",
        "There is no such region here. Choose one from the list.",
    ),
    "child_claimed": Wording(
        "Another guardian has registered this child (name and birth date, or insurance number); the form is kept as "
        "a claim.",
        "Этого ребёнка уже зарегистрировал другой представитель. Ваша заявка передана в муниципалитет: он проверит "
        "документы, и вы увидите решение в списке заявлений о ребёнке.",
        "Another guardian has registered this child. Your request went to the municipality, which will check the "
        "documents; you will see its decision in the list of claims.",
    ),
    "children_reindexing": Wording(
        "For moments after an upgrade, while older children are indexed anew.",
        "Идёт обновление. Повторите через минуту с тем же ключом.",
        "An upgrade is under way. Repeat in a minute with the same key.",
    ),
    "claim_decided": Wording(
        "The claim has been decided already.",
        "Решение по этому заявлению уже принято ({state}). Обновите список.",
        "The claim has been decided already ({state}). Refresh the list.",
    ),
    "claim_matched_by_snils": Wording(
        "`another_child` is decided though both forms have one insurance number.",
        "У обоих детей один СНИЛС, значит, это один ребёнок. Одобрите заявление или отклоните его.",
        "Both forms have one SNILS, so it is one child. Approve the claim, or reject it.",
    ),
    "claim_not_found": Wording(
        "There is no such claim on a child of the caller's municipality.",
        "Такого заявления у вас нет. Откройте список заявлений.",
        "You have no such claim. See the list of claims.",
    ),
}
