"""What no HTTP request is answered with: the table leaves it out, and the words are there for the day that one is."""

from gateway.texts.wording import Wording, Wordings

BETWEEN_SERVICES: Wordings = {
    "email_already_confirmed": Wording(
        "A confirmation mail is to be written and is needed no more.",
        "Адрес уже подтверждён: можно войти.",
        "The address is confirmed already: you can sign in.",
    ),
    "family_not_found": Wording(
        "notifications has not heard of a child's family.",
        "Такой семьи нет. Обновите страницу.",
        "There is no such family. Refresh the page.",
    ),
    "malformed_request": Wording(
        "A service got a message that is no call.",
        "Запрос составлен неверно. Обновите приложение и повторите.",
        "The request is malformed. Update your client and repeat.",
    ),
    "no_provider": Wording(
        "A teacher's or provider's account is bound to no provider.",
        "Учётная запись не связана с поставщиком. Обратитесь к оператору региона.",
        "This account belongs to no provider. Ask the regional operator.",
    ),
    "request_too_long": Wording(
        "The request fits HTTP and is longer than 256 KiB once a service is asked.",
        "Запрос слишком большой: сократите его.",
        "The request is too long: shorten it.",
    ),
    "stopping": Wording(
        "A service stops while it fetches what it needs from another.",
        "Служба перезапускается. Повторите запрос через несколько секунд с тем же ключом.",
        "The service is restarting. Send the request again in a few seconds with the same key.",
    ),
}
