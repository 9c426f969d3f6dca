"""What can be wrong with any request, who may send it, and what happens while something is down."""

from gateway.texts.wording import Wording, Wordings

REQUESTS: Wordings = {
    "address_too_long": Wording(
        "The request's first line, the query in it, is 8 KiB or longer.",
        "Адрес запроса длиннее 8 КиБ. Сократите условия поиска.",
        "The address is longer than 8 KiB. Shorten what is searched for.",
    ),
    "body_missing": Wording(
        "The request has no body where one is needed.",
        "В запросе нет тела. Отправьте объект JSON.",
        "The request has no body. Send a JSON object.",
    ),
    "body_too_large": Wording(
        "The body is longer than 256 KiB, announced or chunked.",
        "Тело запроса больше 256 КиБ. Сократите его или разделите на несколько запросов.",
        "The body is larger than 256 KiB. Shorten it, or send it in parts.",
    ),
    "body_too_slow": Wording(
        "The body did not arrive within five seconds.",
        "Тело запроса не пришло за пять секунд. Проверьте связь и повторите запрос с тем же ключом.",
        "The body did not arrive within five seconds. Check the connection and repeat with the same key.",
    ),
    "content_type_unsupported": Wording(
        "The body is not announced as `application/json`.",
        "Отправьте тело в формате JSON с заголовком Content-Type: application/json.",
        "Send JSON with Content-Type: application/json.",
    ),
    "headers_too_long": Wording(
        "A header, such as the access token, has 8 KiB or more, or all have 64 KiB, or there are over a hundred.",
        "Заголовков слишком много: один — до 8 КиБ, все — до 64 КиБ и не больше ста. Проверьте ключ доступа.",
        "Too many headers: one may have 8 KiB, all of them 64 KiB, at most a hundred. Check the access token.",
    ),
    "idempotency_key_invalid": Wording(
        "The key is empty, longer than 200 characters, or holds something else than visible ASCII.",
        "Ключ Idempotency-Key — от 1 до 200 видимых символов ASCII. Возьмите, например, UUID.",
        "An Idempotency-Key is 1 to 200 visible ASCII characters. A UUID will do.",
    ),
    "idempotency_key_missing": Wording(
        "The operation makes or changes something and no `Idempotency-Key` came.",
        "Нужен заголовок Idempotency-Key: новый ключ для каждого нового действия, тот же — для повтора.",
        "The Idempotency-Key header is needed: a new key for each new action, the same for a repeat.",
    ),
    "idempotency_key_reused": Wording(
        "The same caller used the key for the same operation with another request.",
        "С этим ключом уже пришёл другой запрос. Для нового действия возьмите новый ключ.",
        "Another request came with this key. Use a new key for a new action.",
    ),
    "if_match_invalid": Wording(
        "If-Match is neither `*` nor one version in quotes.",
        'В заголовке If-Match пришлите ETag страницы так, как он пришёл, например "3" в кавычках.',
        'Send the page\'s ETag in If-Match as it came, such as "3" with its quotes.',
    ),
    "invalid_cursor": Wording(
        "The cursor did not come from this list.",
        "Передайте next_cursor предыдущей страницы без изменений или начните список сначала.",
        "Give the next_cursor of the page before as it came, or begin the list again.",
    ),
    "invalid_request": Wording(
        "Fields are missing, malformed or unknown; `errors` names each.",
        "Проверьте поля запроса: у каждого неверного поля написано, что исправить.",
        "Check the request's fields: beside each wrong one stands what to mend.",
    ),
    "json_malformed": Wording(
        "The body is not strict JSON: UTF-8, no name twice, finite numbers, storable characters, 32 levels.",
        "Тело запроса — не строгий JSON: нужны UTF-8, неповторяющиеся имена, обычные числа, не больше 32 уровней.",
        "The body is not strict JSON: UTF-8, no name twice, plain numbers, at most 32 levels deep.",
    ),
    "method_not_allowed": Wording(
        "The path exists and does not answer to the method; `Allow` names those it answers to.",
        "По этому адресу такой метод не работает. Какие работают, написано в заголовке Allow.",
        "This path does not answer to this method. The Allow header names those it answers to.",
    ),
    "operation_in_flight": Wording(
        "A request with the same key is being carried out at this moment.",
        "Запрос с этим ключом ещё выполняется. Повторите через секунду.",
        "A request with this key is being carried out. Repeat in a second.",
    ),
    "operation_unknown": Wording(
        "No request of the caller came with this key in the last 72 hours.",
        "С таким ключом ничего не приходило: запрос можно отправить снова.",
        "Nothing came with this key: the request can be sent again.",
    ),
    "path_unknown": Wording(
        "No route has this path, or an identifier in it is none.",
        "Такого адреса нет. Проверьте ссылку.",
        "There is no such path. Check the address.",
    ),
    "request_malformed": Wording(
        "What came does not fit HTTP: two lengths, a length that is none, a transfer encoding of its own.",
        "Запрос составлен не по правилам HTTP. Проверьте программу, которая его отправляет.",
        "The request does not keep to HTTP. Check the program that sends it.",
    ),
}

ACCESS: Wordings = {
    "credentials_invalid": Wording(
        "No account has this address, or the password is another.",
        "Неверный адрес электронной почты или пароль. Проверьте их и попробуйте ещё раз.",
        "The e-mail address or the password is wrong. Check both and try again.",
    ),
    "role_not_allowed": Wording(
        "The route is not for the caller's role.",
        "Это действие не для вашей роли. Войдите под учётной записью, у которой есть это право.",
        "Your role may not do this. Sign in with an account that may.",
    ),
    "session_over": Wording(
        "The refresh token was used already, is too old, or its session was ended.",
        "Сеанс завершён. Войдите снова.",
        "The session is over. Sign in again.",
    ),
    "token_expired": Wording(
        "The access token was good until some time ago.",
        "Срок действия входа истёк. Обновите его или войдите снова.",
        "The access token has expired. Refresh it, or sign in again.",
    ),
    "token_invalid": Wording(
        "The access token is no token of this suite, or was changed.",
        "Ключ доступа не подходит. Войдите снова.",
        "The access token is not valid. Sign in again.",
    ),
    "token_missing": Wording(
        "The route needs an access token and none came.",
        "Нужен заголовок Authorization: Bearer с ключом доступа. Войдите, чтобы получить его.",
        "An Authorization: Bearer header with an access token is needed. Sign in to get one.",
    ),
    "too_many_attempts": Wording(
        "Signing in failed too often from or for this address.",
        "Слишком много неудачных попыток. Попробуйте через {retry_after_seconds} с.",
        "Too many failed attempts. Try again in {retry_after_seconds} s.",
    ),
}

_RUSSIAN = (
    "Сервис сейчас не отвечает. Повторите запрос через несколько секунд с тем же ключом: дважды ничего не случится."
)
_ENGLISH = "The service does not answer now. Repeat in a few seconds with the same key: nothing will happen twice."

UNAVAILABLE: Wordings = {
    "busy": Wording(
        "Too much slow work at once, such as password hashing.",
        "Сейчас слишком много таких запросов. Повторите через несколько секунд.",
        "There are too many such requests now. Repeat in a few seconds.",
    ),
    "broker_unavailable": Wording("The gateway's connection to the broker is lost.", _RUSSIAN, _ENGLISH),
    "database_unavailable": Wording("A service cannot reach its database.", _RUSSIAN, _ENGLISH),
    "deadline_passed": Wording("Nine seconds were over before the last service was asked.", _RUSSIAN, _ENGLISH),
    "internal_error": Wording(
        "A bug; the log holds it under the correlation id.",
        "Что-то сломалось у нас. Мы записали ошибку; назовите её номер, если обратитесь в поддержку.",
        "Something broke on our side. It is recorded; name the correlation id if you ask for help.",
    ),
    "method_not_found": Wording("A service of another version does not know the call yet.", _RUSSIAN, _ENGLISH),
    "neighbour_not_answering": Wording(
        "A service did not answer five times in a row and is left alone for two seconds.", _RUSSIAN, _ENGLISH
    ),
    "neighbour_timed_out": Wording(
        "A service did not answer in time, or does not run; whether it has done the work is unknown.",
        "Ответа не дождались; неизвестно, выполнен ли запрос. Повторите с тем же ключом или спросите "
        "/api/v1/operations/{{ключ}}.",
        "No answer came in time and the outcome is unknown. Repeat with the same key or ask "
        "/api/v1/operations/{{key}}.",
    ),
    "overloaded": Wording("Too many requests wait already, or the gateway is stopping.", _RUSSIAN, _ENGLISH),
    "service_unknown": Wording(
        "The broker has no queue for a service: its definitions are not loaded.", _RUSSIAN, _ENGLISH
    ),
    "terms_not_known_yet": Wording(
        "The offer rests on newer terms of the group than enrollment has heard of.",
        "Новые условия группы ещё не дошли. Повторите через несколько секунд с тем же ключом.",
        "The group's new terms have not arrived yet. Repeat in a few seconds with the same key.",
    ),
    "too_many_calls": Wording("64 calls to one service wait already.", _RUSSIAN, _ENGLISH),
}
